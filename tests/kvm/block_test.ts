/** Tests structs in memory: fields set and read by name, at an address that the kernel can use. */

import { assertEquals } from "@std/assert";
import { Block } from "../../kvm/block.ts";
import { array, struct, u32, u64, u8 } from "../../kvm/struct.ts";

const type = struct({ byte: u8, word: u32, list: array(u64, 2), in: struct({ last: u8 }) });

Deno.test("Block starts zeroed", () => {
  assertEquals(new Block(type).bytes, new Uint8Array(type.size));
});

Deno.test("Block.set writes a field of 1 byte and nothing else", () => {
  const block = new Block(type).set("byte", 0xab);
  assertEquals([...block.bytes.subarray(0, 8)], [0xab, 0, 0, 0, 0, 0, 0, 0]);
});

Deno.test("Block.set writes a field of 4 bytes, little-endian", () => {
  const block = new Block(type).set("word", 0x1234_5678);
  assertEquals([...block.bytes.subarray(0, 9)], [0, 0, 0, 0, 0x78, 0x56, 0x34, 0x12, 0]);
});

Deno.test("Block.set writes an element of an array", () => {
  assertEquals(new Block(type).set("list", 5n, 1).bytes[16], 5);
});

Deno.test("Block.set writes a field of a struct inside", () => {
  assertEquals(new Block(type).set("in.last", 7).bytes[24], 7);
});

Deno.test("Block.set keeps all 64 bits of a bigint", () => {
  const block = new Block(type).set("list", 0xfedc_ba98_7654_3210n);
  assertEquals(block.getBig("list"), 0xfedc_ba98_7654_3210n);
});

Deno.test("Block.get reads what the kernel wrote", () => {
  const block = new Block(type);
  block.bytes.set([1, 2, 3, 4], 4);
  assertEquals(block.get("word"), 0x0403_0201);
});

Deno.test("Block.get reads 4 bytes as an unsigned number", () => {
  assertEquals(new Block(type).set("word", 0xffff_ffff).get("word"), 0xffff_ffff);
});

Deno.test("Block.getBig reads an element of an array", () => {
  assertEquals(new Block(type).set("list", 9n, 1).getBig("list", 1), 9n);
});

Deno.test("Block has room behind the struct for a flexible array member", () => {
  const list = struct({ n: u64, items: array(u64, 0) });
  const block = new Block(list, 24).set("items", 3n, 2);
  assertEquals([block.bytes.length, block.getBig("items", 2)], [32, 3n]);
});

Deno.test("Block.address is where its bytes are", () => {
  const block = new Block(type).set("word", 0x1234_5678);
  const view = new Deno.UnsafePointerView(Deno.UnsafePointer.create(block.address)!);
  assertEquals(view.getUint32(4), 0x1234_5678);
});
