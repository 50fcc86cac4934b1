/** How a run loop that is busy with exits keeps an eye on the time. */

/** How often the vCPU is interrupted to let the world outside move, in milliseconds: soon enough for a person who watches the console. */
const PERIOD = 40;

/** The most exits between two looks at the clock, and how soon after one the next should be, in milliseconds. */
const MOST_EXITS = 256;
const LOOK_PERIOD = 20;

/**
 * Tells when the world outside has waited too long for its turn. The vCPU is
 * interrupted for that, but an interruption that comes while the host is busy
 * with an exit is lost. The clock is looked at once in a few exits, which must
 * stay quick, and after each if they are slow.
 */
export class Pace {
  /** How often the vCPU is to be interrupted, in milliseconds. */
  readonly period: number;
  /** How many exits may pass until the next look. */
  stride = 1;
  #looked = 0;
  #turned = performance.now();

  /** A pace for a loop that begins. @param period How often the vCPU is to be interrupted, in milliseconds; two of that is as long as the world outside may wait. */
  constructor(period: number = PERIOD) {
    this.period = period;
  }

  /** Looks at the clock: whether a turn is due, which then is taken as made. */
  look(): boolean {
    const now = performance.now();
    const taken = now - this.#looked;
    if (taken > LOOK_PERIOD) this.stride = 1;
    // Twice as many exits should not take too long either.
    else if (2 * taken < LOOK_PERIOD) this.stride = Math.min(2 * this.stride, MOST_EXITS);
    this.#looked = now;
    const isDue = now - this.#turned > 2 * this.period;
    if (isDue) this.#turned = now;
    return isDue;
  }

  /** A turn has been made. */
  turned(): void {
    this.#turned = performance.now();
  }
}
