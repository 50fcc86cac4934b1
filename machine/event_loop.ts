/** Deno's event loop, beside a vCPU that keeps the thread for itself. */

/**
 * Deno looks for timers and signals when its thread has nothing to do but wait;
 * as long as something is always to be done (`setImmediate`), at every 61st turn
 * only (tokio's event_interval). So a turn must be a wait, but a short one: the
 * shortest timer takes 2 ms, a hash of nothing 40 microseconds. That comes from
 * another thread, though, and on a busy host can be there before the wait
 * begins: now and then the wait is for a timer all the same.
 */
export class EventLoop {
  #turns = 0;

  /** Lets timers, signals, and input and output that are done through; timers and signals at every fourth turn at the latest. */
  async turn(): Promise<void> {
    if (++this.#turns % TURNS_BETWEEN_TIMERS !== 0) await crypto.subtle.digest("SHA-1", NOTHING);
    else await new Promise<void>((resolve) => setTimeout(resolve, 0));
  }
}

const TURNS_BETWEEN_TIMERS = 4;
const NOTHING = new Uint8Array();
