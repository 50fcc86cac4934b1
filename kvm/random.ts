/** The host's random numbers (getrandom(2)), straight to where they are wanted. */

import { syscall } from "./syscall.ts";

/** Fills bytes, which may be guest memory, with random numbers. @throws {SystemCallError} if the kernel gives none. */
export function fillRandom(bytes: Uint8Array<SharedArrayBuffer>): void {
  const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
  for (let done = 0n; done < bytes.length;) {
    // Long requests are cut short by signals.
    done += syscall("getrandom", address + done, BigInt(bytes.length) - done, 0n);
  }
}
