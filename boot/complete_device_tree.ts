/** Puts into a device tree what only whoever boots a kernel knows: its command line, its initrd, the memory there is. */

import {
  DeviceTreeError,
  type DeviceTreeNode,
  node,
  nodeAt,
  property,
  withChild,
  withoutProperties,
  withProperty,
} from "./device_tree.ts";
import { cells, concat, readStrings, readU32, string, u64 } from "./device_tree_values.ts";

/** What /chosen says to a kernel (Devicetree Specification v0.4, 3.6; Linux Documentation/arch/arm64/booting.rst). */
export interface Chosen {
  /** The command line. */
  readonly bootargs?: string;
  /** The guest physical addresses of the initrd's first byte and of the one behind its last. */
  readonly initrd?: { readonly start: number; readonly end: number };
}

/** What is put into a device tree. */
export interface Completion extends Chosen {
  /** The RAM there is: its guest physical address and its length in bytes. */
  readonly memory: { readonly base: number; readonly size: number };
}

/** The most cells that Linux takes for an address or a size (OF_MAX_ADDR_CELLS). */
const MOST_CELLS = 4;

/**
 * A device tree for this guest: with its memory in place of what memory the
 * tree has, and its command line and initrd in /chosen. All else stays.
 *
 * @throws {DeviceTreeError} if the root does not say how many cells an address and a size have, or
 * they are too few.
 */
export function completeDeviceTree(
  root: DeviceTreeNode,
  { memory, ...chosen }: Completion,
): DeviceTreeNode {
  const addressCells = cellCount(root, "#address-cells");
  const sizeCells = cellCount(root, "#size-cells");
  const withMemory = withChild(root, memoryNode(memory, addressCells, sizeCells), isMemory);
  return withChild(
    withMemory,
    chosenNode(chosen, nodeAt(root, "/chosen")),
    ({ name }) => name === "chosen",
  );
}

/**
 * The node /chosen.
 *
 * @param old The node that it was: what is not given stays, but not an initrd, which would be
 * of another guest.
 */
export function chosenNode(
  { bootargs, initrd }: Chosen,
  old: DeviceTreeNode = node("chosen"),
): DeviceTreeNode {
  let chosen = initrd === undefined
    ? withoutProperties(old, "linux,initrd-start", "linux,initrd-end")
    : old;
  if (bootargs !== undefined) chosen = withProperty(chosen, "bootargs", string(bootargs));
  if (initrd === undefined) return chosen;
  chosen = withProperty(chosen, "linux,initrd-start", u64(initrd.start));
  return withProperty(chosen, "linux,initrd-end", u64(initrd.end));
}

/**
 * The node of RAM (Devicetree Specification v0.4, 3.4).
 *
 * @param addressCells The root's `#address-cells`.
 * @param sizeCells The root's `#size-cells`.
 * @throws {DeviceTreeError} if the address or the size does not fit.
 */
export function memoryNode(
  { base, size }: Completion["memory"],
  addressCells: number,
  sizeCells: number,
): DeviceTreeNode {
  return node(`memory@${base.toString(16)}`, [
    ["device_type", string("memory")],
    ["reg", concat([cells(base, addressCells), cells(size, sizeCells)])],
  ]);
}

/** Whether a child of the root describes RAM: kernels go by device_type, people by the name. */
function isMemory(child: DeviceTreeNode): boolean {
  const [type] = readStrings(property(child, "device_type")) ?? [];
  return type === "memory" || child.name.split("@")[0] === "memory";
}

function cellCount(root: DeviceTreeNode, name: string): number {
  const count = readU32(property(root, name));
  if (count === undefined || count < 1 || count > MOST_CELLS) {
    throw new DeviceTreeError(
      `the device tree's root has ${count === undefined ? "no" : `an unusable (${count})`} ${name}`,
    );
  }
  return count;
}
