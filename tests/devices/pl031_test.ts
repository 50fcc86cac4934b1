/** Tests the PL031 real time clock (Arm DDI 0224C, chapter 3). */

import { assert, assertEquals } from "@std/assert";
import { Pl031 } from "../../devices/pl031.ts";
import { FakeTimer } from "./fake_timer.ts";

const RTCDR = 0x00;
const RTCMR = 0x04;
const RTCLR = 0x08;
const RTCCR = 0x0c;
const RTCIMSC = 0x10;
const RTCRIS = 0x14;
const RTCMIS = 0x18;
const RTCICR = 0x1c;
/** 2023-11-14 22:13:20 UTC. */
const NOW = 1_700_000_000;
const HOUR = 3600;

/** A clock outside which it is a given time, and goes on as tests let it. */
class Clock {
  readonly time = new FakeTimer();
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

  load(offset: number): number {
    return this.device.read(offset, 4);
  }

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

const registers: [offset: number, name: string, reset: number, stored: number][] = [
  [RTCDR, "RTCDR", NOW, NOW],
  [RTCMR, "RTCMR", 0, 0xffff_fff0],
  [RTCLR, "RTCLR", 0, 0xffff_fff0],
  [RTCCR, "RTCCR", 1, 1],
  [RTCIMSC, "RTCIMSC", 0, 0],
  [RTCRIS, "RTCRIS", 0, 0],
  [RTCMIS, "RTCMIS", 0, 0],
  [RTCICR, "RTCICR", 0, 0],
  [0x20, "no register", 0, 0],
  [0x01, "no register", 0, 0],
  [0x02, "no register", 0, 0],
  [0xfdc, "no register", 0, 0],
];

for (const [offset, name, reset, stored] of registers) {
  for (const size of [1, 2, 4]) {
    Deno.test(`Pl031.read of ${size} bytes at ${offset} (${name}) gives its first value`, () => {
      assertEquals(new Clock().device.read(offset, size), reset);
    });
  }

  Deno.test(`Pl031.write at ${offset} (${name}) sets what can be set`, () => {
    const clock = new Clock();
    clock.store(offset, 0xffff_fff0);
    assertEquals(clock.load(offset), stored);
  });
}

Deno.test("Pl031.write to RTCIMSC sets bit 0 alone", () => {
  const clock = new Clock();
  clock.store(RTCIMSC, 0xffff_ffff);
  assertEquals(clock.load(RTCIMSC), 1);
});

Deno.test("Pl031.write to RTCCR does not stop the clock", () => {
  const clock = new Clock();
  clock.store(RTCCR, 0);
  clock.pass(5);
  assertEquals([clock.load(RTCCR), clock.load(RTCDR)], [1, NOW + 5]);
});

Deno.test("Pl031.read of RTCDR gives whole seconds as they pass", () => {
  const clock = new Clock(NOW + 0.4);
  const seen = [0, 0.5, 0.2, 10].map((seconds) => (clock.pass(seconds), clock.load(RTCDR)));
  assertEquals(seen, [NOW, NOW, NOW + 1, NOW + 11]);
});

Deno.test("Pl031 has the time of the host unless it is given another", () => {
  const before = Math.floor(Date.now() / 1000);
  using device = new Pl031({ line: () => {} });
  const time = device.read(RTCDR, 4);
  assert(time >= before && time <= Date.now() / 1000);
});

for (const value of [0, 1, NOW - 1000, NOW + 1000, 0xffff_ffff]) {
  Deno.test(`Pl031.write to RTCLR sets the time to ${value}, from where it goes on`, () => {
    const clock = new Clock();
    clock.store(RTCLR, value);
    assertEquals([clock.load(RTCDR), clock.load(RTCLR)], [value, value]);
    clock.pass(7);
    assertEquals([clock.load(RTCDR), clock.load(RTCLR)], [(value + 7) % 2 ** 32, value]);
  });
}

Deno.test("Pl031.read of RTCDR wraps after 32 bits", () => {
  assertEquals(new Clock(2 ** 32 + 5).load(RTCDR), 5);
});

Deno.test("Pl031 raises the alarm when the counter reaches RTCMR, not before", () => {
  const clock = new Clock(NOW + 0.25);
  clock.store(RTCIMSC, 1);
  clock.store(RTCMR, NOW + 10);
  clock.pass(9.7);
  assertEquals(clock.alarm, [0, false]);
  clock.pass(0.1);
  assertEquals([clock.alarm, clock.load(RTCMIS), clock.load(RTCDR)], [[1, true], 1, NOW + 10]);
  assertEquals(clock.time.waiting, 0);
});

Deno.test("Pl031 raises an alarm for now at once", () => {
  const clock = new Clock();
  clock.store(RTCIMSC, 1);
  clock.store(RTCMR, NOW);
  assertEquals(clock.alarm, [1, true]);
});

Deno.test("Pl031 keeps a masked alarm from the line", () => {
  const clock = new Clock();
  clock.store(RTCMR, NOW + 1);
  clock.pass(2);
  assertEquals([clock.alarm, clock.load(RTCMIS)], [[1, false], 0]);
  clock.store(RTCIMSC, 1);
  assertEquals([clock.alarm, clock.load(RTCMIS)], [[1, true], 1]);
});

Deno.test("Pl031.write to RTCICR ends the alarm with bit 0, and no other", () => {
  const clock = new Clock();
  clock.store(RTCIMSC, 1);
  clock.store(RTCMR, NOW);
  clock.store(RTCICR, 0xffff_fffe);
  assertEquals(clock.alarm, [1, true]);
  clock.store(RTCICR, 1);
  clock.store(RTCICR, 1);
  assertEquals([clock.alarm, clock.levels], [[0, false], [true, false]]);
});

Deno.test("Pl031 awaits the later of two alarms, and one at a time", () => {
  const clock = new Clock();
  clock.store(RTCMR, NOW + 5);
  clock.store(RTCMR, NOW + 9);
  assertEquals(clock.time.waiting, 1);
  clock.pass(8);
  assertEquals(clock.alarm[0], 0);
  clock.pass(1);
  assertEquals(clock.alarm[0], 1);
});

Deno.test("Pl031 awaits an alarm a year away in hours", () => {
  const clock = new Clock();
  const year = 365 * 24 * HOUR;
  clock.store(RTCMR, NOW + year);
  clock.pass(year - 1);
  assertEquals(clock.alarm[0], 0);
  clock.pass(1);
  assertEquals(clock.alarm[0], 1);
  assert(clock.time.waits.every((wait) => wait <= HOUR * 1000));
});

Deno.test("Pl031 awaits an alarm in the past until the counter has wrapped", () => {
  const clock = new Clock();
  clock.store(RTCLR, 0xffff_fffe);
  clock.store(RTCMR, 3);
  clock.pass(4);
  assertEquals(clock.alarm[0], 0);
  clock.pass(1);
  assertEquals([clock.alarm[0], clock.load(RTCDR)], [1, 3]);
});

Deno.test("Pl031 does not take an alarm in the past for one that is over", () => {
  const clock = new Clock();
  clock.store(RTCMR, NOW - 10);
  clock.pass(48 * HOUR);
  assertEquals(clock.alarm[0], 0);
});

Deno.test("Pl031.write to RTCLR moves the time towards the alarm", () => {
  const clock = new Clock();
  clock.store(RTCMR, NOW + 1000);
  clock.store(RTCLR, NOW + 998);
  clock.pass(2);
  assertEquals(clock.alarm[0], 1);
});

Deno.test("Pl031 raises the alarm when the clock outside was set beyond it", () => {
  const clock = new Clock();
  clock.store(RTCMR, NOW + 2 * HOUR);
  clock.start += 5 * HOUR;
  clock.pass(HOUR);
  assertEquals(clock.alarm[0], 1);
});

Deno.test("Pl031 awaits the alarm longer when the clock outside was set back", () => {
  const clock = new Clock();
  clock.store(RTCMR, NOW + 10);
  clock.start -= 20;
  clock.pass(29);
  assertEquals(clock.alarm[0], 0);
  clock.pass(1);
  assertEquals(clock.alarm[0], 1);
});

Deno.test("Pl031 awaits nothing before an alarm is set, and nothing once it is disposed of", () => {
  const clock = new Clock();
  assertEquals(clock.time.waiting, 0);
  clock.store(RTCMR, NOW + 10);
  assertEquals(clock.time.waiting, 1);
  clock.device[Symbol.dispose]();
  clock.device[Symbol.dispose]();
  assertEquals(clock.time.waiting, 0);
});
