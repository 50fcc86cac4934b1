/** Tests of what instructions do, as text. */

import { assertEquals } from "@std/assert";
import { assemble, assemblerTest } from "../toolchain.ts";
import { effectsOf } from "./text_ops.ts";

/** An instruction in assembly language, its word, and what it does. */
export type Case = readonly [assembly: string, word: number, effects: string];

/** Registers a test for each instruction, and one that the words are what the assembler makes. */
export function effectsTests(group: string, cases: readonly Case[]): void {
  for (const [assembly, word, effects] of cases) {
    Deno.test(`${assembly} does ${effects || "nothing"}`, () => {
      assertEquals(effectsOf(word).join("; "), effects);
    });
  }

  assemblerTest(`the ${group} in these tests are what the assembler makes`, () => {
    const hex = (word: number) => word.toString(16).padStart(8, "0");
    assertEquals(
      assemble(cases.map(([assembly]) => assembly)).map(hex),
      cases.map(([, word]) => hex(word)),
    );
  });
}
