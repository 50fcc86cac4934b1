/** Tests that the pieces of the tiny machine's address space keep apart. */

import { assert, assertEquals } from "@std/assert";
import { CONSOLE_SIZE } from "../../devices/console.ts";
import {
  CONSOLE_BASE,
  CRASH_PORT_BASE,
  DEVICE_PAGE,
  MAX_RAM_SIZE,
  PAGE_SIZE,
  RAM_BASE,
  VECTOR_PAGE,
} from "../../machine/layout.ts";
import { CRASH_PORT_SIZE } from "../../machine/vectors.ts";
import { GuestMemory } from "../../vm/guest_memory.ts";

Deno.test("the console is where the article has it", () => {
  assertEquals(CONSOLE_BASE, 0x996);
});

Deno.test("the console and the crash port are in the device page, one after the other", () => {
  const edges = [
    DEVICE_PAGE.base,
    CONSOLE_BASE,
    CONSOLE_BASE + CONSOLE_SIZE,
    CRASH_PORT_BASE,
    CRASH_PORT_BASE + CRASH_PORT_SIZE,
    DEVICE_PAGE.base + DEVICE_PAGE.size,
  ];
  assertEquals(edges.toSorted((a, b) => a - b), edges);
});

Deno.test("the vector page ends where RAM starts", () => {
  assertEquals(VECTOR_PAGE.base + VECTOR_PAGE.size, RAM_BASE);
});

Deno.test("the vector page suits VBAR_EL1, whose low 11 bits are zero", () => {
  assertEquals(VECTOR_PAGE.base % 0x800, 0);
});

Deno.test("the vectors reach the crash port with a load relative to the PC", () => {
  // LDR (literal) reaches 1 MiB each way.
  assert(VECTOR_PAGE.base + VECTOR_PAGE.size - CRASH_PORT_BASE < 2 ** 20);
});

Deno.test("MAX_RAM_SIZE is whole pages, and memory of that size can be had", () => {
  assertEquals(MAX_RAM_SIZE % PAGE_SIZE, 0);
  const memory = new GuestMemory([{ base: RAM_BASE, size: MAX_RAM_SIZE, readOnly: false }]);
  assert(memory.contains(RAM_BASE + MAX_RAM_SIZE - 1, 1));
});
