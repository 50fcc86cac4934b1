/** Tests the bytes of a DTB, and which numbers are refused. */

import { assertEquals, assertThrows } from "@std/assert";
import { DeviceTreeError, node } from "../../boot/device_tree.ts";
import { encodeDeviceTree, type EncodeOptions } from "../../boot/device_tree_writer.ts";
import { golden, goldenOptions, goldenTree } from "./device_tree_golden.ts";

Deno.test("encodeDeviceTree writes what the specification says", () => {
  assertEquals(encodeDeviceTree(goldenTree, goldenOptions), golden);
});

Deno.test("encodeDeviceTree writes a tree of nothing but a root", () => {
  const file = encodeDeviceTree(node(""));
  const view = new DataView(file.buffer);
  const words = Array.from({ length: file.length / 4 }, (_, i) => view.getUint32(4 * i));
  assertEquals(words, [
    ...[0xd00d_feed, 0x48, 0x38, 0x48, 0x28, 17, 16, 0, 0, 0x10], // header
    ...[0, 0, 0, 0], // end of the reservations
    ...[1, 0, 2, 9], // the root's start, name and end; the end
  ]);
});

Deno.test("encodeDeviceTree gives the same bytes for the same tree", () => {
  assertEquals(encodeDeviceTree(goldenTree), encodeDeviceTree(structuredClone(goldenTree)));
});

/** Checks what the error is of encoding with these options. */
function assertRefused(says: string, options: EncodeOptions): void {
  const { message } = assertThrows(() => encodeDeviceTree(node(""), options), DeviceTreeError);
  assertEquals(message, says);
}

Deno.test("encodeDeviceTree refuses a reservation of no memory", () => {
  const says = "a memory reservation of the device tree is empty";
  assertRefused(says, { memoryReservations: [{ address: 0n, size: 0n }] });
});

Deno.test("encodeDeviceTree refuses a reservation beyond 64 bits", () => {
  const says = "18446744073709551616 does not fit in the 64 bits that a device tree has for it";
  assertRefused(says, { memoryReservations: [{ address: 2n ** 64n, size: 1n }] });
});

Deno.test("encodeDeviceTree refuses a CPU beyond 32 bits", () => {
  const says = "4294967296 does not fit in the 32 bits that a device tree has for it";
  assertRefused(says, { bootCpuidPhys: 2 ** 32 });
});
