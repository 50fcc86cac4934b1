/** Hands messages between isolates through the mailboxes, with isolates in the place of vCPU threads. */

import { assertEquals } from "@std/assert";
import { Mailboxes, State } from "../../kvm/mailbox.ts";
import { hostTest } from "../test_case.ts";
import { exchange, type Manner, sleeping, UNKNOWN_IOCTL, withDevNull } from "./exchange.ts";
import type { Start } from "./mailbox_worker.ts";

/** Starts an isolate, and waits until it is there and stopped. */
async function startWorker(mailboxes: Mailboxes, i: number): Promise<Worker> {
  const worker = new Worker(new URL("mailbox_worker.ts", import.meta.url), { type: "module" });
  worker.postMessage({ words: mailboxes.words, i } satisfies Start);
  for (mailboxes.listen(); mailboxes.state(i) === State.absent; mailboxes.listen()) {
    await mailboxes.rung();
  }
  return worker;
}

/** Runs `fn` with isolates that are there and stopped; then ends them. */
async function withThreads(
  count: number,
  spin: boolean,
  fn: (mailboxes: Mailboxes) => Promise<void> | void,
): Promise<void> {
  await withDevNull(async (fd) => {
    const mailboxes = new Mailboxes(count, UNKNOWN_IOCTL, spin);
    const workers: Worker[] = [];
    for (let i = 0; i < count; i++) {
      mailboxes.prepare(i, fd);
      workers.push(await startWorker(mailboxes, i));
    }
    await fn(mailboxes);
    const ended = workers.map((worker) => new Promise((resolve) => worker.onmessage = resolve));
    for (const i of workers.keys()) mailboxes.tell(i, State.quit);
    await Promise.all(ended);
  });
}

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
