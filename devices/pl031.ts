/** The PL031, Arm's real time clock (Arm DDI 0224C): seconds since 1970, and an alarm. */

import type { MmioDevice } from "./device.ts";
import { PrimecellId } from "./primecell.ts";
import { realTimer, type Timer } from "./timer.ts";

/** RO. The time. */
export const RTCDR = 0x000;
/** RW. The time of the alarm. */
export const RTCMR = 0x004;
/** RW. A store sets the time; a load gives what was stored last. */
export const RTCLR = 0x008;
/** RW. Control. */
export const RTCCR = 0x00c;
/** RW. Whether the alarm reaches the line. */
export const RTCIMSC = 0x010;
/** RO. The alarm as it is. */
export const RTCRIS = 0x014;
/** RO. The alarm if RTCIMSC lets it through. */
export const RTCMIS = 0x018;
/** WO. A store of 1 ends the alarm. */
export const RTCICR = 0x01c;

/** RTCCR: the clock runs. */
export const CR_START = 1 << 0;
/** RTCIMSC, RTCRIS, RTCMIS, RTCICR: the alarm. */
export const INT_ALARM = 1 << 0;

/** Its revision is what QEMU's says too; drivers do not look at it. */
export const PL031_ID = new PrimecellId(0x031, 1);

/** The most that one wait takes, in milliseconds: the clock outside may be set meanwhile. */
const LONGEST_SLEEP = 3_600_000;
/** How many seconds the counter has. */
const COUNTER_RANGE = 2 ** 32;

/** What the clock is connected to. */
export interface Pl031Options {
  /** The interrupt line, RTCINTR. Called only when the level changes. */
  readonly line: (level: boolean) => void;
  /** The time in seconds since 1970, with fractions if there are any. */
  readonly now?: () => number;
  /** For the alarm. */
  readonly timer?: Timer;
}

/**
 * The clock. It runs from the start, as one with a battery that firmware has started: a
 * guest that reads RTCDR without a setup gets the time. Once started it cannot be stopped
 * (DDI 0224C, RTCCR).
 */
export class Pl031 implements MmioDevice {
  readonly #line: (level: boolean) => void;
  readonly #now: () => number;
  readonly #timer: Timer;
  /** What the guest's time is ahead of the time outside, modulo {@linkcode COUNTER_RANGE}. */
  #offset = 0;
  #match = 0;
  #load = 0;
  #mask = 0;
  #raw = 0;
  #level = false;
  /** How many seconds there were until the alarm when the counter was {@linkcode #seen}. */
  #left = 0;
  #seen = 0;
  #callOff?: () => void;

  /** A clock that shows the time outside. */
  constructor(options: Pl031Options) {
    this.#line = options.line;
    this.#now = options.now ?? (() => Date.now() / 1000);
    this.#timer = options.timer ?? realTimer;
  }

  /** A load, of any width, from a register. */
  read(offset: number, _size: number): number {
    switch (offset) {
      case RTCDR:
        return this.#count();
      case RTCMR:
        return this.#match;
      case RTCLR:
        return this.#load;
      case RTCCR:
        return CR_START;
      case RTCIMSC:
        return this.#mask;
      case RTCRIS:
        return this.#raw;
      case RTCMIS:
        return this.#raw & this.#mask;
      default:
        return PL031_ID.read(offset);
    }
  }

  /** A store, of any width, to a register. */
  write(offset: number, _size: number, value: number): void {
    switch (offset) {
      case RTCMR:
        this.#match = value;
        this.#setAlarm();
        break;
      case RTCLR:
        this.#load = value;
        this.#offset = value - Math.floor(this.#time()) >>> 0;
        this.#setAlarm();
        break;
      case RTCIMSC:
        this.#mask = value & INT_ALARM;
        break;
      case RTCICR:
        this.#raw &= ~value;
        break;
    }
    this.#update();
  }

  /** Forgets the alarm. */
  [Symbol.dispose](): void {
    this.#callOff?.();
    this.#callOff = undefined;
  }

  /** The time outside; 1970 if it is no number. */
  #time(): number {
    const time = this.#now();
    return Number.isFinite(time) ? time : 0;
  }

  #count(): number {
    return Math.floor(this.#time()) + this.#offset >>> 0;
  }

  /** The counter wraps: an alarm that lies in the past comes after that. */
  #setAlarm(): void {
    this.#seen = this.#count();
    this.#left = this.#match - this.#seen >>> 0;
    this.#await();
  }

  #await(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    if (this.#left === 0) {
      this.#raw = INT_ALARM;
      return;
    }
    const time = this.#time();
    const milliseconds = Math.ceil((this.#left - (time - Math.floor(time))) * 1000);
    this.#callOff = this.#timer(Math.min(milliseconds, LONGEST_SLEEP), () => this.#wake());
  }

  /** The wait was a long one's part, or too short by a little, or the clock outside was set. */
  #wake(): void {
    const count = this.#count();
    // As a signed number: outside it may have become earlier.
    const passed = count - this.#seen | 0;
    this.#seen = count;
    this.#left = Math.min(Math.max(this.#left - passed, 0), COUNTER_RANGE);
    this.#await();
    this.#update();
  }

  #update(): void {
    const level = (this.#raw & this.#mask) !== 0;
    if (level === this.#level) return;
    this.#level = level;
    this.#line(level);
  }
}
