/** Interrupts this thread's blocking calls at regular intervals, KVM_RUN above all: a timer that sends a signal whose handler does nothing. */

import { Block } from "./block.ts";
import { SystemCallError } from "./errno.ts";
import { errno, libc } from "./libc.ts";
import { itimerspec, sigaction, sigevent } from "./structs.ts";
import { struct, u32 } from "./struct.ts";

/** A real-time signal that nothing else in a Deno process uses. SIGUSR1 opens Deno's inspector; SIGALRM could be anybody's. */
const TICK_SIGNAL = 40;
/** Other blocking calls on the thread go on after the handler; KVM_RUN returns EINTR all the same. */
const SA_RESTART = 0x1000_0000;
/** To the thread `_tid`, not to whichever thread of the process takes it (linux/signal.h). */
const SIGEV_THREAD_ID = 4;
const CLOCK_MONOTONIC = 1n;

// By number, because glibc keeps timer_create in another library before 2.34
// and has no gettid before 2.30; boards often run older ones.
const numbers = {
  aarch64: { gettid: 178n, timer_create: 107n, timer_settime: 110n, timer_delete: 111n },
  x86_64: { gettid: 186n, timer_create: 222n, timer_settime: 223n, timer_delete: 226n },
} as const;

const timer_t = struct({ id: u32 });

function call(
  name: keyof typeof numbers.aarch64,
  first = 0n,
  second = 0n,
  third: Uint8Array<ArrayBuffer> | null = null,
  fourth: Uint8Array<ArrayBuffer> | null = null,
): bigint {
  const number = numbers[Deno.build.arch][name];
  const result = libc().syscall(number, first, second, third, fourth);
  if (result < 0n) throw new SystemCallError(name, errno());
  return result;
}

/** A timer for the thread that starts it. Stop it on the same thread: `every(0)`. */
export class Ticker {
  #timer?: bigint;

  /**
   * Interrupts the calling thread this often.
   *
   * @param milliseconds The period; 0 stops it.
   * @throws {SystemCallError} if the kernel gives no timer.
   */
  every(milliseconds: number): void {
    if (milliseconds === 0) {
      if (this.#timer !== undefined) call("timer_delete", this.#timer);
      this.#timer = undefined;
      return;
    }
    this.#timer ??= Ticker.#create();
    const seconds = Math.floor(milliseconds / 1000);
    const nanoseconds = Math.round((milliseconds - seconds * 1000) * 1e6);
    const period = new Block(itimerspec)
      .set("it_interval.tv_sec", seconds).set("it_interval.tv_nsec", nanoseconds)
      .set("it_value.tv_sec", seconds).set("it_value.tv_nsec", nanoseconds);
    call("timer_settime", this.#timer, 0n, period.bytes);
  }

  static #create(): bigint {
    const action = new Block(sigaction)
      .set("sa_handler", Deno.UnsafePointer.value(libc().abs))
      .set("sa_flags", SA_RESTART);
    if (libc().sigaction(TICK_SIGNAL, action.bytes, null) < 0) {
      throw new SystemCallError("sigaction", errno());
    }
    const event = new Block(sigevent)
      .set("sigev_signo", TICK_SIGNAL)
      .set("sigev_notify", SIGEV_THREAD_ID)
      .set("_sigev_un._tid", Number(call("gettid")));
    const timer = new Block(timer_t);
    call("timer_create", CLOCK_MONOTONIC, event.address, timer.bytes);
    return BigInt(timer.get("id"));
  }
}
