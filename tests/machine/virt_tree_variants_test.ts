/** Tests what holds for the virt machine's device tree whatever the machine is like, and asks dtc about it. */

import { assert, assertEquals } from "@std/assert";
import { type DeviceTreeNode, property } from "../../boot/device_tree.ts";
import { decodeDeviceTree } from "../../boot/device_tree_reader.ts";
import { readU32 } from "../../boot/device_tree_values.ts";
import { encodeDeviceTree } from "../../boot/device_tree_writer.ts";
import { GICV3_REDISTRIBUTORS } from "../../machine/virt_layout.ts";
import { virtDeviceTree, type VirtTreeOptions } from "../../machine/virt_tree.ts";
import { compile, dtcTest } from "../dtc.ts";
import { GICV3, MORE_REDISTRIBUTORS, usual, virtioMmio } from "./virt_tree_lookup.ts";

const variants: Readonly<Record<string, VirtTreeOptions>> = {
  "GICv3 and ITS": usual,
  "4 CPUs, initrd, PMU and command line": {
    ...usual,
    cpus: 4,
    pmu: true,
    bootargs: "console=ttyAMA0 root=/dev/vda",
    initrd: { start: 0x5f00_0000, end: 0x6000_0000 },
  },
  "32 CPUs": { ...usual, cpus: 32 },
  "123 CPUs and 1 TiB": { ...usual, cpus: 123, memory: 2 ** 40 },
  "two regions of redistributors": {
    ...usual,
    cpus: 200,
    gic: { ...GICV3, redistributors: [GICV3_REDISTRIBUTORS, MORE_REDISTRIBUTORS] },
  },
  "no ITS": { ...usual, gic: { ...GICV3, its: false } },
  "GICv2": { ...usual, gic: { version: 2 } },
  "GICv2 with 8 CPUs and PMU": { ...usual, cpus: 8, pmu: true, gic: { version: 2 } },
  "virtio devices": { ...usual, virtioMmio },
};

for (const [what, options] of Object.entries(variants)) {
  Deno.test(`virtDeviceTree gives the same bytes each time: ${what}`, () => {
    const first = encodeDeviceTree(virtDeviceTree(options));
    assertEquals(encodeDeviceTree(virtDeviceTree(structuredClone(options))), first);
    assertEquals(decodeDeviceTree(first), virtDeviceTree(options));
  });

  dtcTest(`dtc has nothing against the virt machine's device tree: ${what}`, () => {
    assertEquals(compile(encodeDeviceTree(virtDeviceTree(options))).warnings, "");
  });

  Deno.test(`each phandle in the virt machine's device tree is a node's: ${what}`, () => {
    const root = virtDeviceTree(options);
    const phandles = all(root).map((node) => readU32(property(node, "phandle")))
      .filter((phandle) => phandle !== undefined);
    assertEquals(new Set(phandles).size, phandles.length);
    const used = ["interrupt-parent", "clocks", "gpios"].flatMap((name) =>
      all(root).map((node) => property(node, name))
        .filter((value) => value !== undefined)
        .map((value) => readU32(value.subarray(0, 4)))
    );
    assert(used.length > 0 && used.every((phandle) => phandle && phandles.includes(phandle)));
  });
}

/** A node and all below it. */
function all(node: DeviceTreeNode): DeviceTreeNode[] {
  return [node, ...node.children.flatMap(all)];
}

dtcTest("dtc has something against a device tree that is wrong", () => {
  const root = virtDeviceTree(usual);
  const wrong = { ...root, children: root.children.filter(({ name }) => name !== "apb-pclk") };
  const { warnings } = compile(encodeDeviceTree(wrong));
  assert(warnings.includes("clocks_property"), warnings);
});
