/** Tests the exception vectors that Orchid supplies, instruction by instruction, and what listens to them. */

import { assertEquals } from "@std/assert";
import { CRASH_PORT_BASE, VECTOR_PAGE } from "../../machine/layout.ts";
import { CRASH_PORT_SIZE, CrashPort, vectorName, writeVectors } from "../../machine/vectors.ts";
import { assemble, assemblerTest } from "../toolchain.ts";

const VECTORS = 16;
const VECTOR_SIZE = 0x80;

const page = new Uint8Array(VECTOR_PAGE.size);
writeVectors(page);
const words = new Uint32Array(page.buffer);
const instruction = (vector: number) => words[vector * VECTOR_SIZE / 4];

// LDR (literal), 32 bit: 00 011 0 00 | imm19 | Rt. At 0xf000 it loads from
// 0x0fc0: imm19 is -0xe040 / 4 = -0x3810, Rt is 31 (wzr).
Deno.test("writeVectors starts with ldr wzr, 0xfc0", () => {
  assertEquals(instruction(0), 0x18f8_fe1f);
});

// At 0xf200 (synchronous, from the current EL) from 0x0fd0: imm19 is -0xe230 / 4 = -0x388c.
Deno.test("writeVectors has ldr wzr, 0xfd0 for a synchronous exception from the current EL", () => {
  assertEquals(instruction(4), 0x18f8_ee9f);
});

assemblerTest("writeVectors has a load of its own word for each vector", () => {
  const lines = Array.from({ length: VECTORS }, (_, vector) => {
    const distance = CRASH_PORT_BASE + vector * 4 - (VECTOR_PAGE.base + vector * VECTOR_SIZE);
    return `ldr wzr, . - ${-distance}`;
  });
  assertEquals(lines.map((_, vector) => instruction(vector)), assemble(lines));
});

Deno.test("writeVectors leaves the rest of the page zeroed", () => {
  assertEquals(words.filter((word) => word !== 0).length, VECTORS);
});

Deno.test("writeVectors writes where it is told to", () => {
  const memory = new Uint8Array(3 * VECTOR_PAGE.size);
  writeVectors(memory.subarray(VECTOR_PAGE.size, 2 * VECTOR_PAGE.size));
  assertEquals(memory.subarray(VECTOR_PAGE.size, 2 * VECTOR_PAGE.size), page);
});

// Arm ARM, D1.4.1 "Exception vectors".
const names: [vector: number, name: string][] = [
  [0, "Synchronous exception from the current EL with SP_EL0"],
  [4, "Synchronous exception from the current EL"],
  [5, "IRQ from the current EL"],
  [6, "FIQ from the current EL"],
  [7, "SError from the current EL"],
  [8, "Synchronous exception from a lower EL (AArch64)"],
  [15, "SError from a lower EL (AArch32)"],
];

for (const [vector, name] of names) {
  Deno.test(`vectorName says "${name}" of vector ${vector}`, () => {
    assertEquals(vectorName(vector), name);
  });
}

Deno.test("CrashPort tells which vector loads", () => {
  const told: number[] = [];
  const port = new CrashPort((vector) => told.push(vector));
  for (const offset of [0, 16, CRASH_PORT_SIZE - 4]) port.read(offset);
  assertEquals(told, [0, 4, 15]);
});

Deno.test("CrashPort reads as zero", () => {
  assertEquals(new CrashPort(() => {}).read(0), 0);
});

Deno.test("CrashPort ignores stores", () => {
  const told: number[] = [];
  new CrashPort((vector) => told.push(vector)).write();
  assertEquals(told, []);
});

Deno.test("CRASH_PORT_SIZE has a word for each vector", () => {
  assertEquals(CRASH_PORT_SIZE, VECTORS * 4);
});
