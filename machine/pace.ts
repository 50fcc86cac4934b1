/** How a run loop that is busy with exits keeps an eye on the time. */

/** The most exits between two looks at the clock, and how soon after one the next should be, in milliseconds. */
const MOST_EXITS = 32;
const LOOK_PERIOD = 5;

/**
 * Tells when the world outside has waited too long for its turn. The vCPU is
 * interrupted for that, but an interruption that comes while the host is busy
 * with an exit is lost. The clock is looked at once in a few exits, which must
 * stay quick, and after each if they are slow.
 */
export class Pace {
  /** How many exits may pass until the next look. */
  stride = 1;
  readonly #limit: number;
  #looked = 0;
  #turned = performance.now();

  /** @param limit How long the world outside may wait, in milliseconds. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Looks at the clock: whether a turn is due, which then is taken as made. */
  look(): boolean {
    const now = performance.now();
    this.stride = now - this.#looked < LOOK_PERIOD ? Math.min(2 * this.stride, MOST_EXITS) : 1;
    this.#looked = now;
    const isDue = now - this.#turned > this.#limit;
    if (isDue) this.#turned = now;
    return isDue;
  }

  /** A turn has been made. */
  turned(): void {
    this.#turned = performance.now();
  }
}
