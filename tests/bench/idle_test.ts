/** How the benchmark tells the guest's memory from that of who runs it. */

import { assertEquals, assertThrows } from "@std/assert";
import { mostBeside } from "../../bench/idle.ts";
import { BenchmarkError } from "../../bench/process.ts";

Deno.test("mostBeside is the most that was seen, or the peak less the guest's memory", () => {
  const looks = [{ guest: 0, rest: 50 }, { guest: 40, rest: 70 }, { guest: 90, rest: 60 }];
  assertEquals(mostBeside(looks, 150), 70);
  assertEquals(mostBeside(looks, 170), 80);
});

Deno.test("mostBeside refuses to count the guest's memory with the rest", () => {
  assertThrows(() => mostBeside([{ guest: 0, rest: 150 }], 150), BenchmarkError);
  assertThrows(() => mostBeside([], 150), BenchmarkError);
});
