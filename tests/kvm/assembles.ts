/** Compares machine words with their assembly. */

import { assertEquals } from "@std/assert";
import type { Instructions } from "../../kvm/machine_code.ts";
import { assemble, assemblerTest } from "../toolchain.ts";

/** Registers a test that the assembler makes these words of this assembly. */
export function assembles(name: string, instructions: Instructions): void {
  assemblerTest(`${name}'s words are what its assembly stands for`, () => {
    const words = assemble(instructions.map(([, assembly]) => assembly));
    assertEquals(
      instructions.map(([word]) => word.toString(16)),
      words.map((word) => word.toString(16)),
    );
  });
}
