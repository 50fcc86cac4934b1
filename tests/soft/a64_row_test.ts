/** Tests how the patterns of the instruction table are read. */

import { assertEquals, assertThrows } from "@std/assert";
import { parsePattern, row } from "../../soft/a64/row.ts";

Deno.test("parsePattern tells fixed bits from fields", () => {
  assertEquals(parsePattern("sf:1 00 100010 sh:1 imm12:12 rn:5 rd:5"), {
    mask: 0x7f80_0000,
    value: 0x1100_0000,
    fields: [
      { name: "sf", shift: 31, mask: 1 },
      { name: "sh", shift: 22, mask: 1 },
      { name: "imm12", shift: 10, mask: 0xfff },
      { name: "rn", shift: 5, mask: 31 },
      { name: "rd", shift: 0, mask: 31 },
    ],
  });
});

Deno.test("parsePattern takes a pattern without fields, and one that is a field", () => {
  const bits = "1".repeat(32);
  assertEquals(parsePattern(bits), { mask: -1, value: -1, fields: [] });
  assertEquals(parsePattern("all:32").fields, [{ name: "all", shift: 0, mask: 2 ** 32 - 1 }]);
});

for (
  const [pattern, message] of [
    ["0 a:30", `"0 a:30" is not 32 bits`],
    ["0 a:32", `"0 a:32" is not 32 bits`],
    ["a:16 a:16", `the field "a"`],
    ["word:5 a:27", `the field "word"`],
    ["2 a:31", `"2"`],
    ["a:0 b:32", `"a:0"`],
    ["a b:31", `"a"`],
    ["0  a:31", `""`],
    ["", `""`],
  ] as const
) {
  Deno.test(`parsePattern refuses "${pattern}"`, () => {
    assertThrows(() => parsePattern(pattern), SyntaxError, message);
  });
}

Deno.test("row gives a handler the fields that its pattern names", () => {
  const made = row("made", "00 low:15 high:15", (o, f) => {
    // @ts-expect-error There is no such field.
    const missing: undefined = f.missing;
    o.setX(f.low, o.constant(missing ?? f.high));
  });
  assertEquals(made.fields.map(({ name }) => name), ["low", "high"]);
  assertEquals([made.ends, made.memory, made.system], [false, false, false]);
});
