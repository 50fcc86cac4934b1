/** The benchmark's table. */

import { assertEquals, assertThrows } from "@std/assert";
import { median, table } from "../../bench/table.ts";

Deno.test("median is the middle value, or the mean of the two in the middle", () => {
  assertEquals(median([7]), 7);
  assertEquals(median([9, 1, 5]), 5);
  assertEquals(median([4, 1, 2, 9]), 3);
  assertThrows(() => median([]), RangeError);
});

Deno.test("table puts medians, ratios and verdicts below each other", () => {
  const text = table([
    {
      name: "exit, ns",
      c: [100_000, 90_000, 99_000],
      orchid: [103_000, 99_000, 101_970],
      target: { most: 1.1 },
    },
    { name: "bytes/s", c: [10_000], orchid: [15_000], target: { least: 2 } },
    { name: "peak, MiB", c: [0.5], orchid: [45] },
    { name: "alone, ms", orchid: [1234.5], target: { most: 1500 } },
    { name: "time, s", c: [2], orchid: [4], speed: true, target: { least: 0.5 } },
  ]);
  assertEquals(
    text,
    `
measure         C   Orchid  ratio  required
---------  ------  -------  -----  ----------------
exit, ns   99,000  101,970   1.03  <= 1.10: met
bytes/s    10,000   15,000   1.50  >= 2.00: NOT met
peak, MiB    0.50     45.0  90.00
alone, ms            1,235         <= 1500.00: met
time, s      2.00     4.00   0.50  >= 0.50: met
`.trim(),
  );
});

Deno.test("table judges the value itself where that is asked for, and names the two as told", () => {
  const target = { most: 1 };
  const text = table(
    [
      { name: "idle, %", c: [0.5], orchid: [0.9], target, absolute: true },
      { name: "idle, %", c: [0], orchid: [2], target, absolute: true },
    ],
    "QEMU",
    "one file",
  );
  assertEquals(
    text,
    `
measure  QEMU  one file  ratio  required
-------  ----  --------  -----  ----------------
idle, %  0.50      0.90   1.80  <= 1.00: met
idle, %  0.00      2.00         <= 1.00: NOT met
`.trim(),
  );
});
