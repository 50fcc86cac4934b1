/** Tests how a busy run loop keeps an eye on the time. */

import { assert, assertEquals } from "@std/assert";
import { Pace } from "../../machine/pace.ts";

const LONG = 1e9;

Deno.test("Pace.look says that a turn is due when the world outside has waited too long", () => {
  assertEquals(new Pace(LONG).look(), false);
  // Any time at all is too long.
  assertEquals(new Pace(-1).look(), true);
});

Deno.test("Pace lets more exits pass between looks while exits are quick, up to a limit", () => {
  const pace = new Pace(LONG);
  const strides = new Set<number>();
  for (let i = 0; i < 10_000; i++) {
    strides.add(pace.stride);
    pace.look();
  }
  assertEquals([...strides].sort((a, b) => a - b), [1, 2, 4, 8, 16, 32, 64, 128, 256]);
});

Deno.test("Pace looks after each exit again where exits are slow", () => {
  const pace = new Pace(LONG);
  while (pace.stride < 256) pace.look();
  for (const start = performance.now(); performance.now() - start < 21;);
  pace.look();
  assertEquals(pace.stride, 1);
});

Deno.test("Pace.look takes the turn that is due as made", () => {
  const pace = new Pace(10);
  for (const start = performance.now(); performance.now() - start < 25;);
  assert(pace.look());
  const before = performance.now();
  const again = pace.look();
  // Unless the host has stood still between the two.
  assertEquals(again, performance.now() - before > 20);
});
