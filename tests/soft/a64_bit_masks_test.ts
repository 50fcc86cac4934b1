/** Tests the masks of logical immediates: all of them, against the disassembler. */

import { assertEquals } from "@std/assert";
import { type BitMaskFields, decodeBitMask } from "../../soft/a64/bit_masks.ts";
import { disassemble, objdumpTest } from "./objdump.ts";

const encodings: BitMaskFields[] = [0, 1].flatMap((sf) =>
  Array.from({ length: 1 << 13 }, (_, bits) => ({
    sf,
    N: bits >>> 12,
    immr: (bits >>> 6) & 63,
    imms: bits & 63,
  }))
);

for (
  const [sf, N, immr, imms, mask] of [
    [1, 1, 0, 0, 1n],
    [1, 1, 63, 0, 2n],
    [1, 1, 1, 0, 0x8000_0000_0000_0000n],
    [1, 1, 0, 62, 0x7fff_ffff_ffff_ffffn],
    [1, 1, 1, 62, 0xbfff_ffff_ffff_ffffn],
    [1, 0, 0, 0b111100, 0x5555_5555_5555_5555n],
    [1, 0, 1, 0b111100, 0xaaaa_aaaa_aaaa_aaaan],
    [1, 0, 4, 0b110011, 0xf0f0_f0f0_f0f0_f0f0n],
    [0, 0, 0, 0b000111, 0x0000_00ff_0000_00ffn],
    [1, 1, 0, 63, undefined],
    [1, 0, 0, 0b111101, undefined],
    [1, 0, 0, 0b111111, undefined],
    [0, 1, 0, 0, undefined],
  ] as const
) {
  Deno.test(`decodeBitMask of ${[sf, N, immr, imms]} is ${mask?.toString(16) ?? "reserved"}`, () => {
    assertEquals(decodeBitMask({ sf, N, immr, imms }), mask);
  });
}

Deno.test("decodeBitMask knows 5334 masks of 64 bits and 1302 of 32", () => {
  const masks = (width: number) =>
    new Set(
      encodings.filter(({ sf }) => sf === width).map(decodeBitMask)
        .filter((mask) => mask !== undefined),
    ).size;
  assertEquals([masks(1), masks(0)], [5334, 1302]);
});

objdumpTest("decodeBitMask gives what objdump does, of every encoding", () => {
  // orr x0, x1, #mask or its form for W registers.
  const texts = disassemble(
    encodings.map(({ sf, N, immr, imms }) =>
      (sf << 31 | 0b01100100 << 23 | N << 22 | immr << 16 | imms << 10 | 1 << 5) >>> 0
    ),
  );
  const expected = encodings.map((fields) => {
    const mask = decodeBitMask(fields);
    if (mask === undefined) return "reserved";
    const [x, width] = fields.sf === 1 ? ["x", 64] : ["w", 32];
    return `orr ${x}0, ${x}1, #0x${BigInt.asUintN(width, mask).toString(16)}`;
  });
  assertEquals(texts.map((text) => text.includes("undefined") ? "reserved" : text), expected);
});
