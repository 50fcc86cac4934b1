/** A counter of the kernel's that anybody adds to, KVM and threads as well, and that wakes whoever waits for it (eventfd(2)). */

import { Errno, SystemCallError } from "./errno.ts";
import { errno, hotLibc, libc } from "./libc.ts";
import { syscall } from "./syscall.ts";

const EFD_NONBLOCK = 0o4000n;
const EFD_CLOEXEC = 0o2000000n;

/** The size of the counter, and of what is added, in bytes. */
const SIZE = 8n;

/** What is added to ring: one. */
const ONE = new Uint8Array(BigUint64Array.of(1n).buffer);

/** The counter, from its start at zero to its end. */
export class EventFd implements Disposable {
  #fd = Number(syscall("eventfd2", 0n, EFD_NONBLOCK | EFD_CLOEXEC));
  readonly #count = new Uint8Array(new ArrayBuffer(Number(SIZE)));

  /** Its file descriptor. */
  get fd(): number {
    return this.#fd;
  }

  /** Adds one; nothing happens after its end. */
  signal(): void {
    hotLibc().write(this.#fd, ONE, SIZE);
  }

  /** Sets it to zero. @returns Whether it was more. */
  take(): boolean {
    if (hotLibc().read(this.#fd, this.#count, SIZE) > 0) return true;
    const code = errno();
    if (code !== Errno.EAGAIN) throw new SystemCallError("read of an eventfd", code);
    return false;
  }

  [Symbol.dispose](): void {
    if (this.#fd >= 0) libc().close(this.#fd);
    // Late calls must not reach a file that has got the same number.
    this.#fd = -1;
  }
}
