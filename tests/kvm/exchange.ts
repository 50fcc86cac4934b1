/** Messages through mailboxes: threads whose ioctl needs no KVM, and the side that answers. */

import { assertEquals } from "@std/assert";
import { Errno } from "../../kvm/errno.ts";
import { cString, libc } from "../../kvm/libc.ts";
import { type Mailboxes, State } from "../../kvm/mailbox.ts";
import { randomWords } from "../soft/random.ts";

/** No file knows this ioctl: it fails at once, which is a message like any other. */
export const UNKNOWN_IOCTL = 0;
const O_RDONLY = 0;

/** Calls `fn` with a file descriptor to do it on. */
export async function withDevNull(fn: (fd: number) => Promise<void>): Promise<void> {
  const fd = libc().open(cString("/dev/null"), O_RDONLY, 0);
  try {
    await fn(fd);
  } finally {
    libc().close(fd);
  }
}

/** How the answering side passes the time before an answer, and waits for the next message. */
export type Manner = (mailboxes: Mailboxes, random: () => number) => void | Promise<void>;

/** Exchanges messages with all threads until there have been `total`; gives how many each thread sent. */
export async function exchange(
  mailboxes: Mailboxes,
  total: number,
  manner: Manner,
): Promise<number[]> {
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

export const sleeping: Manner = (mailboxes) => {
  // Threads that send at once cannot be silent for this long, unless a message is lost.
  if (!mailboxes.sleep(20_000)) throw new Error("a message was lost");
};
