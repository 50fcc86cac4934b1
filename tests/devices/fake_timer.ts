/** A clock that tests turn by hand. */

import { assert } from "@std/assert";
import { LONGEST_WAIT } from "../../devices/timer.ts";

/** Waits for time to be turned on. */
export class FakeTimer {
  /** What time it is, in milliseconds. */
  now = 0;
  /** How long each wait was that has been asked for, in milliseconds. */
  readonly waits: number[] = [];
  readonly #waiting: { at: number; expired: () => void }[] = [];

  /** How many waits are under way. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** What devices are given. */
  readonly timer = (milliseconds: number, expired: () => void): () => void => {
    assert(milliseconds > 0 && milliseconds < LONGEST_WAIT, `${milliseconds} ms is no wait`);
    this.waits.push(milliseconds);
    const entry = { at: this.now + milliseconds, expired };
    this.#waiting.push(entry);
    return () => {
      const index = this.#waiting.indexOf(entry);
      if (index >= 0) this.#waiting.splice(index, 1);
    };
  };

  /** Lets time pass, in milliseconds, and calls back whoever has waited long enough. */
  pass(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (;;) {
      this.#waiting.sort((a, b) => a.at - b.at);
      const next = this.#waiting[0];
      if (next === undefined || next.at > end) break;
      this.#waiting.shift();
      this.now = next.at;
      next.expired();
    }
    this.now = end;
  }
}
