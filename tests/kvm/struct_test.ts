/** Tests how C structs are laid out; structs_test.ts compares the real ones with the compiler's. */

import { assertEquals } from "@std/assert";
import { array, struct, u128, u16, u32, u64, u8, union } from "../../kvm/struct.ts";

Deno.test("struct puts a field at the next multiple of its alignment", () => {
  assertEquals(struct({ a: u8, b: u16, c: u8, d: u64 }).offset, { a: 0, b: 2, c: 4, d: 8 });
});

Deno.test("struct pads its end to its alignment", () => {
  assertEquals(struct({ a: u64, b: u8 }).size, 16);
});

Deno.test("struct is aligned as its most demanding field", () => {
  assertEquals(struct({ a: u8, b: u128, c: u32 }).align, 16);
});

Deno.test("struct without fields has no size", () => {
  assertEquals(struct({}).size, 0);
});

Deno.test("struct names the fields of a struct inside it", () => {
  const inner = struct({ x: u8, y: u32 });
  assertEquals(struct({ a: u64, in: inner }).offset, { a: 0, in: 8, "in.x": 8, "in.y": 12 });
});

Deno.test("struct aligns a struct inside it", () => {
  assertEquals(struct({ a: u8, in: struct({ x: u8, y: u64 }), b: u8 }).offset.b, 24);
});

Deno.test("struct gives an array the alignment of an element", () => {
  assertEquals(struct({ a: u8, list: array(u32, 3), b: u8 }).offset, { a: 0, list: 4, b: 16 });
});

Deno.test("struct gives an array the width of one element", () => {
  assertEquals(struct({ list: array(u32, 3) }).width.list, 4);
});

Deno.test("struct gives a flexible array member no room", () => {
  const type = struct({ n: u64, list: array(u64, 0) });
  assertEquals([type.size, type.offset.list], [8, 8]);
});

Deno.test("struct aligns its end for a flexible array member", () => {
  assertEquals(struct({ n: u32, list: array(u64, 0) }).size, 8);
});

Deno.test("union puts every field at 0", () => {
  assertEquals(union({ a: u8, b: u64 }).offset, { a: 0, b: 0 });
});

Deno.test("union is as large as its largest field, padded to its alignment", () => {
  assertEquals(union({ a: array(u8, 9), b: u64 }).size, 16);
});

Deno.test("union inside a struct carries its fields' offsets on", () => {
  const choice = union({ small: struct({ x: u8, y: u8 }), large: u64 });
  assertEquals(struct({ a: u8, choice }).offset["choice.small.y"], 9);
});
