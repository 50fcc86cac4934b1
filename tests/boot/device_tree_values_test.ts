/** Tests the bytes that property values are, and which values there cannot be. */

import { assertEquals, assertThrows } from "@std/assert";
import { DeviceTreeError } from "../../boot/device_tree.ts";
import {
  bytes,
  cells,
  concat,
  empty,
  phandle,
  readStrings,
  readU32,
  string,
  stringlist,
  u32,
  u64,
} from "../../boot/device_tree_values.ts";

const values: readonly (readonly [what: string, value: Uint8Array, bytes: readonly number[]])[] = [
  ["<empty>", empty, []],
  ["<u32>", u32(0x1122_3344), [0x11, 0x22, 0x33, 0x44]],
  ["the largest <u32>", u32(0xffff_ffff), [0xff, 0xff, 0xff, 0xff]],
  ["several <u32>", u32(1, 2), [0, 0, 0, 1, 0, 0, 0, 2]],
  [
    "<u64> of a bigint",
    u64(0x1122_3344_5566_7788n),
    [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88],
  ],
  ["<u64> of a number", u64(0x11_2233_4455_6677), [0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77]],
  ["several <u64>", u64(1, 2n), [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]],
  ["a number in one cell", cells(5, 1), [0, 0, 0, 5]],
  ["a number in three cells", cells(2 ** 40, 3), [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]],
  ["zero in no cells", cells(0, 0), []],
  ["<phandle>", phandle(7), [0, 0, 0, 7]],
  ["<string>", string("hi"), [0x68, 0x69, 0]],
  ["<string> of none but its end", string(""), [0]],
  ["<string> that is not ASCII", string("é"), [0xc3, 0xa9, 0]],
  ["<stringlist>", stringlist("a", "bc"), [0x61, 0, 0x62, 0x63, 0]],
  ["bytes", bytes(0, 255), [0, 255]],
  ["<prop-encoded-array>", concat([bytes(1), empty, u32(2)]), [1, 0, 0, 0, 2]],
];

for (const [what, value, expected] of values) {
  Deno.test(`device tree values: ${what}`, () => assertEquals([...value], [...expected]));
}

const refused: readonly (readonly [what: string, make: () => Uint8Array, says: string])[] = [
  [
    "a cell of 33 bits",
    () => u32(1, 2 ** 32),
    "4294967296 does not fit in the 32 bits that a device tree has for it",
  ],
  [
    "a negative cell",
    () => u32(-1),
    "-1 does not fit in the 32 bits that a device tree has for it",
  ],
  ["half a cell", () => u32(0.5), "0.5 is no exact whole number, and a cell holds nothing else"],
  [
    "a cell of no number",
    () => u32(NaN),
    "NaN is no exact whole number, and a cell holds nothing else",
  ],
  [
    "a number that is not exact",
    () => u64(2 ** 60),
    "1152921504606847000 is no exact whole number, and a cell holds nothing else",
  ],
  [
    "65 bits",
    () => u64(2n ** 64n),
    "18446744073709551616 does not fit in the 64 bits that a device tree has for it",
  ],
  [
    "a negative number in two cells",
    () => u64(-1n),
    "-1 does not fit in the 64 bits that a device tree has for it",
  ],
  [
    "something in no cells",
    () => cells(1, 0),
    "1 does not fit in the 0 bits that a device tree has for it",
  ],
  ["the phandle 0", () => phandle(0), "no node can have the phandle 0"],
  ["the phandle -1", () => phandle(0xffff_ffff), "no node can have the phandle 4294967295"],
  ["a zero in a string", () => string("a\0b"), '"a\\u0000b" has a zero inside, where it would end'],
  [
    "a zero in a list of strings",
    () => stringlist("x", "\0"),
    '"\\u0000" has a zero inside, where it would end',
  ],
  ["a byte of 9 bits", () => bytes(1, 256), "256 is no byte"],
  ["a negative byte", () => bytes(-1), "-1 is no byte"],
];

for (const [what, make, says] of refused) {
  Deno.test(`device tree values refuse ${what}`, () => {
    assertEquals(assertThrows(make, DeviceTreeError).message, says);
  });
}

Deno.test("readU32 reads one cell, wherever it is", () => {
  assertEquals(readU32(u32(0xfedc_ba98)), 0xfedc_ba98);
  assertEquals(readU32(u32(1, 2).subarray(4)), 2);
});

Deno.test("readU32 reads nothing else", () => {
  for (const value of [undefined, empty, bytes(1, 2, 3), u32(1, 2)]) {
    assertEquals(readU32(value), undefined);
  }
});

Deno.test("readStrings reads strings", () => {
  assertEquals(readStrings(string("é")), ["é"]);
  assertEquals(readStrings(stringlist("a", "", "bc")), ["a", "", "bc"]);
});

Deno.test("readStrings reads nothing that has no end", () => {
  for (const value of [undefined, empty, bytes(0x61)]) assertEquals(readStrings(value), undefined);
});
