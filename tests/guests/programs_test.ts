/** Checks the machine words of the tests' own guests with the assembler. */

import { assertEquals } from "@std/assert";
import { assemble, assemblerTest } from "../toolchain.ts";
import * as programs from "./programs.ts";

const { flat, ...guests } = programs;

for (const [name, program] of Object.entries(guests)) {
  assemblerTest(`${name} is what its assembly says`, () => {
    assertEquals(program.map(([word]) => word), assemble(program.map(([, line]) => line)));
  });
}

Deno.test("flat puts words in memory as the CPU reads them", () => {
  assertEquals(flat([[0xd503_201f, "nop"]]), new Uint8Array([0x1f, 0x20, 0x03, 0xd5]));
});
