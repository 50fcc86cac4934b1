/** What the benchmark reads from /proc. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { cpuSeconds, peakIn, residentIn } from "../../bench/proc.ts";
import { BenchmarkError } from "../../bench/process.ts";
import { testsThatNeed } from "../test_case.ts";

const linuxOnlyTest = testsThatNeed("Linux", Deno.build.os === "linux");

Deno.test("cpuSeconds adds user and system time, whatever the process is called", () => {
  const stat = "42 (a) (b c) S 1 42 42 0 -1 4194560 500 0 0 0 120 30 7 8 20 0 5 0 1000 0 0\n";
  assertEquals(cpuSeconds(stat), 1.5);
});

/** A mapping as smaps has it, sizes in KiB. */
const mapping = (size: number, rss: number, permissions = "rw-p") =>
  `\
ffff80000000-ffff90000000 ${permissions} 00000000 00:00 0
Size:${`${size}`.padStart(15)} kB
KernelPageSize:        4 kB
Rss:${`${rss}`.padStart(16)} kB
Pss:                   1 kB
`;

Deno.test("residentIn finds guest RAM: of the mappings that are large enough the fullest", () => {
  const smaps = [[132, 100], [4_000_000, 50], [262_208, 90_000], [100_000, 95_000]];
  const text = smaps.map(([size, rss]) => mapping(size!, rss!)).join("");
  assertEquals(residentIn(text, 262_144), { guest: 90_000, rest: 95_150 });
});

Deno.test("residentIn finds no guest before there is one", () => {
  const code = mapping(262_144, 2048, "rwxp");
  assertEquals(residentIn(mapping(132, 100) + code, 262_144), { guest: 0, rest: 2148 });
  assertEquals(residentIn("", 262_144), { guest: 0, rest: 0 });
});

Deno.test("peakIn is VmHWM", () => {
  assertEquals(peakIn("Name:\tdeno\nVmPeak:\t   9000 kB\nVmHWM:\t    1234 kB\n"), 1234);
  assertThrows(() => peakIn("Name:\tdeno\nState:\tZ (zombie)\n"), BenchmarkError);
});

linuxOnlyTest("cpuSeconds, residentIn and peakIn understand this process", () => {
  const read = (name: string) => Deno.readTextFileSync(`/proc/${Deno.pid}/${name}`);
  assert(cpuSeconds(read("stat")) > 0);
  assert(residentIn(read("smaps"), 1).rest > 0);
  assert(peakIn(read("status")) > 0);
});
