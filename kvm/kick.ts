/** The signal that interrupts a thread's blocking call, KVM_RUN above all, and does nothing else. */

import { Block } from "./block.ts";
import { SystemCallError } from "./errno.ts";
import { errno, idleHandler, libc } from "./libc.ts";
import { sigaction } from "./structs.ts";
import { syscall } from "./syscall.ts";

/** A real-time signal that nothing else in a Deno process uses. SIGUSR1 opens Deno's inspector; SIGALRM could be anybody's. */
export const KICK_SIGNAL = 40;

/** Other blocking calls on the thread go on after the handler; KVM_RUN returns EINTR all the same. */
const SA_RESTART = 0x1000_0000;

/** Makes KICK_SIGNAL harmless, in all the process. @throws {SystemCallError} if the kernel refuses. */
export function installKickHandler(): void {
  const action = new Block(sigaction)
    .set("sa_handler", Deno.UnsafePointer.value(idleHandler()))
    .set("sa_flags", SA_RESTART);
  if (libc().sigaction(KICK_SIGNAL, action.bytes, null) < 0) {
    throw new SystemCallError("sigaction", errno());
  }
}

/** Interrupts what a thread of this process waits for. @param tid As gettid gave it to the thread. */
export function kick(tid: number): void {
  syscall("tgkill", BigInt(Deno.pid), BigInt(tid), BigInt(KICK_SIGNAL));
}
