/** Sleeping on a word of shared memory until another thread has changed it and says so (futex(2)): as Atomics.wait and notify do, but among threads of all kinds. */

import { Block } from "./block.ts";
import { Errno } from "./errno.ts";
import { errno, libc } from "./libc.ts";
import { timespec } from "./structs.ts";
import { syscallNumber } from "./syscall.ts";

// Linux include/uapi/linux/futex.h; among threads of this process only.
const FUTEX_PRIVATE_FLAG = 128;
const FUTEX_WAIT = 0 | FUTEX_PRIVATE_FLAG;
const FUTEX_WAKE = 1 | FUTEX_PRIVATE_FLAG;

/** Wakes all who sleep. */
const ALL = 0x7fff_ffff;

const FUTEX = syscallNumber("futex");

/** A word to sleep on. */
export class Futex {
  readonly #word: Deno.PointerObject;
  readonly #timeout = new Block(timespec);

  /** @param words Shared memory, which must live as long as anybody may sleep. @param index Which of them it is. */
  constructor(words: Int32Array<SharedArrayBuffer>, index: number) {
    const address = Deno.UnsafePointer.of(words.subarray(index));
    if (address === null) throw new Error("a word has no address");
    this.#word = address;
  }

  /**
   * Lets this thread sleep as long as the word has a value.
   *
   * @param most The most milliseconds.
   * @returns False if it was that long.
   */
  wait(value: number, most: number): boolean {
    const seconds = Math.floor(most / 1000);
    const nanoseconds = Math.round((most - seconds * 1000) * 1e6);
    const { pointer } = this.#timeout.set("tv_sec", seconds).set("tv_nsec", nanoseconds);
    if (libc().futex(FUTEX, this.#word, FUTEX_WAIT, value, pointer) >= 0) return true;
    return errno() !== Errno.ETIMEDOUT;
  }

  /** Wakes all who sleep on the word. */
  wake(): void {
    libc().futex(FUTEX, this.#word, FUTEX_WAKE, ALL, null);
  }
}
