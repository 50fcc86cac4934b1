/** Interrupts this thread's blocking calls at regular intervals, KVM_RUN above all: a timer that sends a signal whose handler does nothing. */

import { Block } from "./block.ts";
import { installKickHandler, KICK_SIGNAL } from "./kick.ts";
import { itimerspec, sigevent } from "./structs.ts";
import { struct, u32 } from "./struct.ts";
import { syscall } from "./syscall.ts";

/** To the thread `_tid`, not to whichever thread of the process takes it (linux/signal.h). */
const SIGEV_THREAD_ID = 4;
const CLOCK_MONOTONIC = 1n;

const timer_t = struct({ id: u32 });

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
      if (this.#timer !== undefined) syscall("timer_delete", this.#timer);
      this.#timer = undefined;
      return;
    }
    this.#timer ??= Ticker.#create();
    const seconds = Math.floor(milliseconds / 1000);
    const nanoseconds = Math.round((milliseconds - seconds * 1000) * 1e6);
    const period = new Block(itimerspec)
      .set("it_interval.tv_sec", seconds).set("it_interval.tv_nsec", nanoseconds)
      .set("it_value.tv_sec", seconds).set("it_value.tv_nsec", nanoseconds);
    syscall("timer_settime", this.#timer, 0n, period.bytes);
  }

  static #create(): bigint {
    installKickHandler();
    const event = new Block(sigevent)
      .set("sigev_signo", KICK_SIGNAL)
      .set("sigev_notify", SIGEV_THREAD_ID)
      .set("_sigev_un._tid", Number(syscall("gettid")));
    const timer = new Block(timer_t);
    syscall("timer_create", CLOCK_MONOTONIC, event.address, timer.bytes);
    return BigInt(timer.get("id"));
  }
}
