/** A PL031 in a time that tests turn by hand. */

import { Pl031 } from "../../devices/pl031.ts";
import { FakeTimer } from "./fake_timer.ts";

const RTCRIS = 0x14;
/** 2023-11-14 22:13:20 UTC. */
export const NOW = 1_700_000_000;

/** A clock outside which it is a given time, and goes on as tests let it. */
export class Clock {
  /** The time outside as it passes; {@linkcode start} is where it does from. */
  readonly time = new FakeTimer();
  /** What the interrupt line was set to. */
  readonly levels: boolean[] = [];
  readonly device: Pl031;

  /** @param start The time outside in seconds; it can be set. */
  constructor(public start = NOW) {
    this.device = new Pl031({
      line: (level) => this.levels.push(level),
      now: () => this.start + this.time.now / 1000,
      timer: this.time.timer,
    });
  }

  /** The guest loads a word. */
  load(offset: number): number {
    return this.device.read(offset, 4);
  }

  /** The guest stores a word. */
  store(offset: number, value: number): void {
    this.device.write(offset, 4, value);
  }

  /** Lets seconds pass. */
  pass(seconds: number): void {
    this.time.pass(seconds * 1000);
  }

  /** The alarm, as it is and as the line has it. */
  get alarm(): [raw: number, line: boolean] {
    return [this.load(RTCRIS), this.levels.at(-1) ?? false];
  }
}
