/** Tests that a DTB is read as it was written. */

import { assertEquals } from "@std/assert";
import { type DeviceTreeNode, node } from "../../boot/device_tree.ts";
import { FDT_HEADER } from "../../boot/device_tree_format.ts";
import { decodeDeviceTree, decodeMemoryReservations } from "../../boot/device_tree_reader.ts";
import { bytes, empty, string, stringlist, u32, u64 } from "../../boot/device_tree_values.ts";
import { encodeDeviceTree } from "../../boot/device_tree_writer.ts";
import { compile, dtcTest } from "../dtc.ts";
import { changed, withStructure } from "./device_tree_files.ts";
import { golden, goldenOptions, goldenTree } from "./device_tree_golden.ts";

const NOP = 4;

Deno.test("decodeDeviceTree reads what the specification says", () => {
  assertEquals(decodeDeviceTree(golden), goldenTree);
});

Deno.test("decodeMemoryReservations reads the reservations beside the tree", () => {
  assertEquals(decodeMemoryReservations(golden), goldenOptions.memoryReservations);
  assertEquals(decodeMemoryReservations(encodeDeviceTree(goldenTree)), []);
});

const big: DeviceTreeNode = node("", [["#size-cells", u32(2)], [
  "compatible",
  stringlist("a", "b"),
]], [
  node("chosen"),
  node("cpus", [["#size-cells", u32(0)], ["odd", bytes(1, 2, 3)]], [
    node("cpu@0", [["reg", u32(0)]], [node("cache", [["cache-unified", empty]])]),
    node("cpu@1", [["reg", u32(1)]]),
  ]),
  node("memory@40000000", [["reg", u64(0x4000_0000, 2 ** 40)]]),
]);

Deno.test("decodeDeviceTree gives back what encodeDeviceTree took", () => {
  assertEquals(decodeDeviceTree(encodeDeviceTree(big)), big);
});

Deno.test("decodeDeviceTree gives values that outlive the file", () => {
  const file = golden.slice();
  const tree = decodeDeviceTree(file);
  file.fill(0xff);
  assertEquals(tree, goldenTree);
});

Deno.test("decodeDeviceTree reads from the middle of a buffer", () => {
  const buffer = new Uint8Array(golden.length + 7).fill(0xff);
  buffer.set(golden, 3);
  assertEquals(decodeDeviceTree(buffer.subarray(3, 3 + golden.length)), goldenTree);
});

Deno.test("decodeDeviceTree reads a file with something behind the tree", () => {
  assertEquals(decodeDeviceTree(Uint8Array.from([...golden, 1, 2, 3])), goldenTree);
});

Deno.test("decodeDeviceTree skips NOPs wherever they are", () => {
  const file = withStructure(
    ...[NOP, 1, 0, NOP, 3, 0, 0, NOP, 1, 0x6100_0000, NOP, 2, NOP, NOP, 2, NOP, 9],
  );
  assertEquals(decodeDeviceTree(file), node("", [["x", empty]], [node("a")]));
});

Deno.test("decodeDeviceTree reads version 16, which does not say how long the structure is", () => {
  const file = changed({ [FDT_HEADER.version]: 16, [FDT_HEADER.size_dt_struct]: 0xffff_ffff });
  assertEquals(decodeDeviceTree(file), goldenTree);
});

Deno.test("decodeDeviceTree reads a later version that is compatible", () => {
  assertEquals(decodeDeviceTree(changed({ [FDT_HEADER.version]: 18 })), goldenTree);
});

Deno.test("decodeDeviceTree reads names that the specification does not allow", () => {
  const tree = node("", [["p".repeat(255), empty]], [node("__symbols__"), node("1@2@3")]);
  assertEquals(decodeDeviceTree(encodeDeviceTree(tree, { anyNames: true })), tree);
});

dtcTest("decodeDeviceTree reads what dtc wrote", () => {
  // For "reg", dtc points into "unit-reg".
  const { dtb } = compile(`/dts-v1/;
/memreserve/ 0x1000 0x2000;
/ {
  unit-reg = <1>;
  reg = "text";
  cpus { empty; cpu@0 { reg = [01 02 03]; }; };
};`);
  assertEquals(
    decodeDeviceTree(dtb),
    node("", [["unit-reg", u32(1)], ["reg", string("text")]], [
      node("cpus", [["empty", empty]], [node("cpu@0", [["reg", bytes(1, 2, 3)]])]),
    ]),
  );
  assertEquals(decodeMemoryReservations(dtb), [{ address: 0x1000n, size: 0x2000n }]);
});

dtcTest("dtc reads what encodeDeviceTree wrote", () => {
  const { dtb } = compile(encodeDeviceTree(big, goldenOptions));
  assertEquals(decodeDeviceTree(dtb), big);
  assertEquals(decodeMemoryReservations(dtb), goldenOptions.memoryReservations);
});
