/** A virt machine, and what a kernel reads in its device tree. */

import { type DeviceTreeNode, nodeAt, property } from "../../boot/device_tree.ts";
import { decodeDeviceTree } from "../../boot/device_tree_reader.ts";
import { readStrings } from "../../boot/device_tree_values.ts";
import { encodeDeviceTree } from "../../boot/device_tree_writer.ts";
import { GICV3_REDISTRIBUTORS } from "../../machine/virt_layout.ts";
import { virtDeviceTree, type VirtTreeOptions } from "../../machine/virt_tree.ts";

/** What most hosts have. */
export const GICV3 = { version: 3, redistributors: [GICV3_REDISTRIBUTORS], its: true } as const;
/** A machine with nothing that is optional. */
export const usual: VirtTreeOptions = { memory: 512 * 2 ** 20, cpus: 1, gic: GICV3 };
/** A region behind RAM, where QEMU's board has its second one. */
export const MORE_REDISTRIBUTORS = { base: 0x40_0000_0000, size: 0x400_0000 };
/** Two virtio devices, one of them of another trigger. */
export const virtioMmio = [
  { base: 0xa00_0000, size: 0x200, spi: 16 },
  { base: 0xa00_0200, size: 0x200, spi: 17, trigger: 4 },
];

/** The tree as a kernel finds it. */
export function tree(options: Partial<VirtTreeOptions> = {}): DeviceTreeNode {
  return decodeDeviceTree(encodeDeviceTree(virtDeviceTree({ ...usual, ...options })));
}

/** The value of a property in cells; undefined if there is none. */
export function cells(root: DeviceTreeNode, path: string, name: string): number[] | undefined {
  const node = nodeAt(root, path);
  const value = node && property(node, name);
  return value &&
    Array.from(
      { length: value.length / 4 },
      (_, i) => new DataView(value.buffer, value.byteOffset).getUint32(4 * i),
    );
}

/** The value of a property in strings; undefined if there is none. */
export function strings(root: DeviceTreeNode, path: string, name: string): string[] | undefined {
  const node = nodeAt(root, path);
  return node && readStrings(property(node, name));
}

/** Whether a node has a property without a value. */
export function says(root: DeviceTreeNode, path: string, name: string): boolean {
  const node = nodeAt(root, path);
  return node !== undefined && property(node, name)?.length === 0;
}
