/** Tests what a boot puts into a device tree from elsewhere, and what it leaves alone. */

import { assertEquals, assertThrows } from "@std/assert";
import { chosenNode, completeDeviceTree, memoryNode } from "../../boot/complete_device_tree.ts";
import {
  DeviceTreeError,
  type DeviceTreeNode,
  type DeviceTreeProperty,
  node,
  nodeAt,
} from "../../boot/device_tree.ts";
import { bytes, cells, concat, empty, string, u32, u64 } from "../../boot/device_tree_values.ts";

const memory = { base: 0x4000_0000, size: 0x2000_0000 };
const two: DeviceTreeProperty[] = [["#address-cells", u32(2)], ["#size-cells", u32(2)]];
const whole = node("memory@40000000", [
  ["device_type", string("memory")],
  ["reg", u64(0x4000_0000, 0x2000_0000)],
]);

/** A board's tree. */
function board(...children: DeviceTreeNode[]): DeviceTreeNode {
  return node("", [["model", string("board")], ...two], children);
}

const names = ({ children }: DeviceTreeNode) => children.map(({ name }) => name);

Deno.test("completeDeviceTree adds memory and /chosen where there are none", () => {
  const pl011 = node("pl011@9000000");
  const tree = completeDeviceTree(board(pl011), { memory, bootargs: "quiet" });
  assertEquals(tree, board(pl011, whole, node("chosen", [["bootargs", string("quiet")]])));
});

Deno.test("completeDeviceTree replaces command line and initrd, and keeps the rest of /chosen", () => {
  const chosen = node("chosen", [
    ["linux,initrd-end", u32(2)],
    ["stdout-path", string("serial0")],
    ["bootargs", string("old")],
    ["linux,initrd-start", u32(1)],
    ["rng-seed", bytes(1, 2, 3)],
  ], [node("framebuffer@0")]);
  const tree = completeDeviceTree(board(chosen), {
    memory,
    bootargs: "new",
    initrd: { start: 0x5000_0000, end: 0x1_0000_0000 },
  });
  assertEquals(
    nodeAt(tree, "/chosen"),
    node("chosen", [
      ["linux,initrd-end", u64(0x1_0000_0000)],
      ["stdout-path", string("serial0")],
      ["bootargs", string("new")],
      ["linux,initrd-start", u64(0x5000_0000)],
      ["rng-seed", bytes(1, 2, 3)],
    ], [node("framebuffer@0")]),
  );
});

Deno.test("completeDeviceTree keeps a command line when it has none, but no other guest's initrd", () => {
  const chosen = node("chosen", [
    ["bootargs", string("old")],
    ["linux,initrd-start", u32(1)],
    ["linux,initrd-end", u32(2)],
  ]);
  const tree = completeDeviceTree(board(chosen), { memory });
  assertEquals(nodeAt(tree, "/chosen"), node("chosen", [["bootargs", string("old")]]));
});

Deno.test("completeDeviceTree takes an empty command line for one", () => {
  const chosen = node("chosen", [["bootargs", string("old")]]);
  const tree = completeDeviceTree(board(chosen), { memory, bootargs: "" });
  assertEquals(nodeAt(tree, "/chosen"), node("chosen", [["bootargs", string("")]]));
});

Deno.test("completeDeviceTree puts one memory node in the place of all", () => {
  const typed: DeviceTreeProperty[] = [["device_type", string("memory")]];
  const tree = completeDeviceTree(
    board(
      node("cpus"),
      node("memory@80000000", typed),
      node("memory-controller@1000", [["device_type", string("memory-controller")]]),
      node("ram@0", typed),
      node("memory"),
      node("memory@40000000", [...typed, ["numa-node-id", u32(0)]]),
      node("chosen"),
    ),
    { memory },
  );
  assertEquals(names(tree), ["cpus", "memory@40000000", "memory-controller@1000", "chosen"]);
  assertEquals(nodeAt(tree, "/memory@40000000"), whole);
});

Deno.test("completeDeviceTree leaves memory below other nodes alone", () => {
  const soc = node("soc", [], [node("memory@0"), node("chosen")]);
  const tree = completeDeviceTree(board(soc), { memory });
  assertEquals(nodeAt(tree, "/soc"), soc);
});

Deno.test("completeDeviceTree leaves what it was given as it is", () => {
  const tree = board(node("memory@0"), node("chosen", [["linux,initrd-end", empty]]));
  const before = structuredClone(tree);
  completeDeviceTree(tree, { memory, bootargs: "x" });
  assertEquals(tree, before);
});

for (const [addresses, sizes] of [[1, 1], [1, 2], [2, 1], [3, 2], [4, 4]] as const) {
  Deno.test(`completeDeviceTree writes addresses of ${addresses} cells and sizes of ${sizes}`, () => {
    const root = node("", [["#address-cells", u32(addresses)], ["#size-cells", u32(sizes)]]);
    assertEquals(
      nodeAt(completeDeviceTree(root, { memory }), "/memory@40000000")?.properties[1],
      ["reg", concat([cells(memory.base, addresses), cells(memory.size, sizes)])],
    );
  });
}

const says = "the device tree's root has";
const refused: readonly (readonly [what: string, DeviceTreeProperty[], message: string])[] = [
  ["no #address-cells", [["#size-cells", u32(2)]], `${says} no #address-cells`],
  ["no #size-cells", [["#address-cells", u32(2)]], `${says} no #size-cells`],
  [
    "#address-cells of two cells",
    [["#address-cells", u64(2)], ["#size-cells", u32(2)]],
    `${says} no #address-cells`,
  ],
  [
    "no cells for an address",
    [["#address-cells", u32(0)], ["#size-cells", u32(2)]],
    `${says} an unusable (0) #address-cells`,
  ],
  [
    "cells beyond number",
    [["#address-cells", u32(2)], ["#size-cells", u32(0xffff_ffff)]],
    `${says} an unusable (4294967295) #size-cells`,
  ],
  [
    "too few cells for the size",
    [["#address-cells", u32(2)], ["#size-cells", u32(1)]],
    "4294967296 does not fit in the 32 bits that a device tree has for it",
  ],
];

for (const [what, properties, message] of refused) {
  Deno.test(`completeDeviceTree refuses a root with ${what}`, () => {
    const error = assertThrows(
      () => completeDeviceTree(node("", properties), { memory: { base: 0, size: 2 ** 32 } }),
      DeviceTreeError,
    );
    assertEquals(error.message, message);
  });
}

Deno.test("chosenNode makes a node of what is given", () => {
  assertEquals(chosenNode({}), node("chosen"));
  assertEquals(
    chosenNode({ initrd: { start: 1, end: 2 } }),
    node("chosen", [["linux,initrd-start", u64(1)], ["linux,initrd-end", u64(2)]]),
  );
});

Deno.test("chosenNode refuses a command line with a zero inside", () => {
  assertThrows(() => chosenNode({ bootargs: "a\0b" }), DeviceTreeError, "has a zero inside");
});

Deno.test("memoryNode takes more memory than 32 bits can say", () => {
  const { name, properties } = memoryNode({ base: 2 ** 32, size: 2 ** 40 }, 2, 2);
  assertEquals(name, "memory@100000000");
  assertEquals(properties[1], ["reg", u64(2 ** 32, 2 ** 40)]);
});
