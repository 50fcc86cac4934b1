/** Tests the generator: the same again, small enough, and nothing left out. */

import { assert, assertEquals } from "@std/assert";
import { a64 } from "../../../soft/a64/table.ts";
import { decode } from "../../../soft/decode.ts";
import { generate } from "./generator.ts";
import { SLOT_WORDS } from "./layout.ts";

const cases = Array.from({ length: 6000 }, (_, number) => generate(1, number));

Deno.test("generate makes the same case of the same seed and number", () => {
  assertEquals(generate(1, 17), cases[17]!);
});

Deno.test("generate makes other cases of another seed", () => {
  assert(generate(2, 17).fill !== cases[17]!.fill);
});

Deno.test("generate leaves room for the end of the sequence", () => {
  assert(cases.every(({ code }) => code.length < SLOT_WORDS));
});

Deno.test("generate uses every row of the table", () => {
  const used = new Set(cases.flatMap(({ code }) => code.map((word) => decode(word)?.row)));
  assertEquals(a64.filter((row) => !used.has(row)).map(({ name }) => name), []);
});

Deno.test("generate makes words that are no instruction, too", () => {
  assert(cases.some(({ code }) => code.some((word) => decode(word) === undefined)));
});
