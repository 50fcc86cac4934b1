/** The power key of a machine: what a guest that handles it shuts down by. */

import type { Pl061 } from "./pl061.ts";
import { realTimer, type Timer } from "./timer.ts";

/** How long the key is held, in milliseconds: longer than Linux's gpio-keys takes a press for bouncing. */
const HELD = 100;

/** A key on a GPIO line, which is high while the key is down. */
export class PowerKey {
  readonly #gpio: Pick<Pl061, "setInput">;
  readonly #line: number;
  readonly #timer: Timer;
  #callOff?: () => void;

  /** A key that is up. @param line The GPIO line it pulls. */
  constructor(gpio: Pick<Pl061, "setInput">, line: number, timer: Timer = realTimer) {
    this.#gpio = gpio;
    this.#line = line;
    this.#timer = timer;
  }

  /** Presses the key, and lets go of it a little later. A press while it is down is held no longer. */
  press(): void {
    if (this.#callOff !== undefined) return;
    this.#gpio.setInput(this.#line, true);
    this.#callOff = this.#timer(HELD, () => this.#release());
  }

  /** Lets go of the key. */
  [Symbol.dispose](): void {
    if (this.#callOff !== undefined) this.#release();
  }

  #release(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    this.#gpio.setInput(this.#line, false);
  }
}
