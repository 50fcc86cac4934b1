/** Tests the alarm of the PL031 real time clock (Arm DDI 0224C, chapters 2 and 3). */

import { assert, assertEquals } from "@std/assert";
import { Clock, NOW } from "./clock.ts";

const RTCDR = 0x00;
const RTCMR = 0x04;
const RTCLR = 0x08;
const RTCIMSC = 0x10;
const RTCMIS = 0x18;
const RTCICR = 0x1c;
const HOUR = 3600;

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
