/** Tests what a virt machine can be on a host. */

import { assertEquals, assertThrows } from "@std/assert";
import { redistributorRegions } from "../../machine/redistributors.ts";
import { checkLimits, VirtMachineError } from "../../machine/virt_limits.ts";
import type { SmpSystem } from "../../vm/contract.ts";

const GIB = 2 ** 30;

/** As much of a system as is looked at. */
const host = { addressBits: 40, hostMemory: 8 * GIB, maxVcpus: 8 } as SmpSystem;

Deno.test("checkLimits takes what the host can give", () => {
  checkLimits(host, 0x1_0000, 1);
  checkLimits(host, 8 * GIB, 8);
});

const refused: [what: string, memory: number, vcpus: number, words: string][] = [
  ["a memory that is no multiple of 64 KiB", 0x1_1000, 1, "no multiple of 64K"],
  ["no memory", 0, 1, "no multiple"],
  ["a negative memory", -0x1_0000, 1, "no multiple"],
  ["no number", NaN, 1, "no multiple"],
  ["more memory than the host has", 8 * GIB + 0x1_0000, 1, "more than this host has: 8589934592"],
  ["more memory than can be addressed", 1024 * GIB, 1, "40 bits, 1023G of RAM"],
  ["no vCPU", GIB, 0, "1 to 8"],
  ["more vCPUs than there can be", GIB, 9, "1 to 8"],
  ["half a vCPU", GIB, 0.5, "1 to 8"],
];

for (const [what, memory, vcpus, words] of refused) {
  Deno.test(`checkLimits refuses ${what}`, () => {
    assertThrows(() => checkLimits(host, memory, vcpus), VirtMachineError, words);
  });
}

Deno.test("redistributorRegions puts up to 123 vCPUs below RAM", () => {
  assertEquals(redistributorRegions(1, GIB), [{ base: 0x080a_0000, size: 0x2_0000 }]);
  assertEquals(redistributorRegions(123, GIB), [{ base: 0x080a_0000, size: 0xf6_0000 }]);
});

Deno.test("redistributorRegions puts more at 256 GiB, or behind RAM", () => {
  assertEquals(redistributorRegions(125, GIB)[1], { base: 0x40_0000_0000, size: 0x4_0000 });
  const [, behind] = redistributorRegions(124, 300 * GIB);
  assertEquals(behind, { base: 0x4b_4000_0000, size: 0x2_0000 });
});
