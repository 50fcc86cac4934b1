/** Tests the PL031 real time clock (Arm DDI 0224C, chapter 3). */

import { assert, assertEquals } from "@std/assert";
import { Pl031 } from "../../devices/pl031.ts";
import { Clock, NOW } from "./clock.ts";

const RTCDR = 0x00;
const RTCMR = 0x04;
const RTCLR = 0x08;
const RTCCR = 0x0c;
const RTCIMSC = 0x10;
const RTCRIS = 0x14;
const RTCMIS = 0x18;
const RTCICR = 0x1c;

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
