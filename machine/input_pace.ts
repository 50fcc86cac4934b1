/** How quickly a serial line gives its guest input: in bursts, with a pause behind each. */

import type { Timer } from "../devices/timer.ts";

/**
 * How many bytes at most the guest is given in a row. As each of them is two exits,
 * they keep a vCPU in its interrupt handler for milliseconds; and as the registers'
 * page comes back for the pause behind them, which takes as long as dozens of exits,
 * they should not be few.
 */
const BURST = 256;

/**
 * How long the line pauses when the guest has read what it was given: so many times
 * as long as that took, but not less than this, in milliseconds. A serial line does
 * not wait for its reader, and in the pause a single vCPU has to pass on what it
 * has read, and to print what comes of it: what it falls behind by, it loses once
 * Linux's 64 KiB are full.
 */
const PAUSE_SHARE = 0.5;
const SHORTEST_PAUSE = 1;
/** A guest that has taken its time in between, for whatever reason, shall not wait for more. */
const LONGEST_PAUSE = 1000;

/** The line's side of it: it is told of what happens, and asked what may. */
export class InputPace {
  readonly #timer: Timer;
  readonly #onEnd: () => void;
  /** How many bytes have been given since the last pause. */
  #given = 0;
  /** When the guest began to read them, which may be long after; 0 until then. */
  #began = 0;
  #isDue = false;
  /** Calls off the end of the pause. */
  #callOff?: () => void;

  /** @param onEnd Called when a pause is over. */
  constructor(timer: Timer, onEnd: () => void) {
    this.#timer = timer;
    this.#onEnd = onEnd;
  }

  /** Whether there is a pause, or will be one as soon as it is begun. */
  get isPausing(): boolean {
    return this.#isDue || this.#callOff !== undefined;
  }

  /** Whether the guest may be given input. */
  get isOpen(): boolean {
    return !this.isPausing && this.#given < BURST;
  }

  /** So many bytes have been given. */
  gave(count: number): void {
    this.#given += count;
  }

  /** The guest has read some of them. */
  hasRead(): void {
    if (this.#began === 0) this.#began = performance.now();
  }

  /** The guest has read all, and is to have a pause. */
  wantPause(): void {
    this.#isDue = true;
  }

  /**
   * Begins the pause that is wanted, if one is. To be called when nothing more stops
   * the guest, or the pause would be over before the guest had any of it.
   */
  begin(): void {
    if (!this.#isDue) return;
    this.#isDue = false;
    const reading = performance.now() - this.#began;
    const length = Math.max(reading * PAUSE_SHARE, SHORTEST_PAUSE);
    this.#callOff = this.#timer(Math.min(length, LONGEST_PAUSE), () => {
      this.reset();
      this.#onEnd();
    });
  }

  /** Forgets what has been given, and a pause. */
  reset(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    this.#isDue = false;
    this.forget();
  }

  /** What has been given is taken back. */
  forget(): void {
    this.#given = this.#began = 0;
  }
}
