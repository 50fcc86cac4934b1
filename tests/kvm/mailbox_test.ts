/** Hands messages between isolates through the mailboxes, with vCPU threads whose ioctl is one that needs no KVM. */

import { assertEquals } from "@std/assert";
import { Errno } from "../../kvm/errno.ts";
import { cString, libc } from "../../kvm/libc.ts";
import { Mailboxes, State } from "../../kvm/mailbox.ts";
import { Workers } from "../../kvm/workers.ts";
import { randomWords } from "../soft/random.ts";
import { hostTest } from "../test_case.ts";

/** No file knows this ioctl: it fails at once, which is a message like any other. */
const UNKNOWN_IOCTL = 0;
const O_RDONLY = 0;

/** Runs `fn` with threads that are there and stopped. */
async function withThreads(
  count: number,
  spin: boolean,
  fn: (mailboxes: Mailboxes) => Promise<void> | void,
): Promise<void> {
  const fd = libc().open(cString("/dev/null"), O_RDONLY);
  try {
    const mailboxes = new Mailboxes(count, spin);
    await using workers = new Workers(mailboxes, UNKNOWN_IOCTL);
    for (let i = 0; i < count; i++) mailboxes.prepare(i, fd);
    await workers.startOthers();
    await fn(mailboxes);
  } finally {
    libc().close(fd);
  }
}

/** How the answering side passes the time before an answer, and waits for the next message. */
type Manner = (mailboxes: Mailboxes, random: () => number) => void | Promise<void>;

/** Exchanges messages with all threads until there have been `total`; gives how many each thread sent. */
async function exchange(mailboxes: Mailboxes, total: number, manner: Manner): Promise<number[]> {
  const random = randomWords(total);
  const asked = new Array<number>(mailboxes.count).fill(0);
  const answered = asked.slice();
  const ask = (i: number) => {
    asked[i]!++;
    mailboxes.tell(i, State.run);
  };
  for (let i = 0; i < mailboxes.count; i++) ask(i);
  for (let left = total; left > 0;) {
    mailboxes.listen();
    let found = false;
    for (let i = 0; i < mailboxes.count; i++) {
      if (asked[i] === answered[i] || mailboxes.state(i) !== State.stopped) continue;
      assertEquals(mailboxes.error(i), Errno.ENOTTY);
      found = true;
      answered[i]!++;
      left--;
      for (let idle = random() % 200; idle > 0; idle--);
      if (left >= mailboxes.count) ask(i);
    }
    if (!found) await manner(mailboxes, random);
  }
  assertEquals(answered, asked);
  return answered;
}

const sleeping: Manner = (mailboxes) => {
  // Threads that send at once cannot be silent for this long, unless a message is lost.
  if (!mailboxes.sleep(20_000)) throw new Error("a message was lost");
};

const mixed: Manner = async (mailboxes, random) => {
  if (random() % 100 > 0) sleeping(mailboxes, random);
  else await mailboxes.rung();
};

function sum(numbers: number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

hostTest("a million messages between isolates arrive, each once", async () => {
  await withThreads(3, true, async (mailboxes) => {
    assertEquals(sum(await exchange(mailboxes, 1_000_000, mixed)), 1_000_000);
  });
});

Deno.test("messages arrive when nobody spins", async () => {
  await withThreads(2, false, async (mailboxes) => {
    assertEquals(sum(await exchange(mailboxes, 5000, mixed)), 5000);
  });
});

Deno.test("messages arrive when the answering side waits for a promise", async () => {
  await withThreads(2, false, async (mailboxes) => {
    assertEquals(sum(await exchange(mailboxes, 1000, (m) => m.rung())), 1000);
  });
});

Deno.test("Mailboxes.sleep ends without a message when its time is over", async () => {
  await withThreads(1, true, (mailboxes) => {
    mailboxes.listen();
    assertEquals(mailboxes.sleep(5), false);
  });
});

Deno.test("Mailboxes.ring ends a wait that begins after it", async () => {
  await withThreads(1, false, async (mailboxes) => {
    mailboxes.listen();
    mailboxes.ring();
    await mailboxes.rung();
    assertEquals(mailboxes.sleep(20_000), true);
  });
});

Deno.test("Mailboxes.ring ends a wait that has begun", async () => {
  await withThreads(1, false, async (mailboxes) => {
    mailboxes.listen();
    const rung = mailboxes.rung();
    setTimeout(() => mailboxes.ring(), 5);
    await rung;
  });
});
