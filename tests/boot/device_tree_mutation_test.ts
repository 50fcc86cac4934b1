/** Tests that a DTB with random damage is read or refused, and nothing else ever happens. */

import { assert, assertEquals } from "@std/assert";
import { DeviceTreeError, type DeviceTreeNode } from "../../boot/device_tree.ts";
import { decodeDeviceTree, decodeMemoryReservations } from "../../boot/device_tree_reader.ts";
import { encodeDeviceTree } from "../../boot/device_tree_writer.ts";
import { GICV3_REDISTRIBUTORS } from "../../machine/virt_layout.ts";
import { virtDeviceTree } from "../../machine/virt_tree.ts";
import { Random } from "../soft/fuzz/random.ts";
import { hostTest } from "../test_case.ts";

const MUTATIONS = 25_000;
/** How often the tree that a damaged file still holds is written and read again. */
const MUTATIONS_PER_ROUND_TRIP = 50;

const whole = encodeDeviceTree(
  virtDeviceTree({
    memory: 2 ** 30,
    cpus: 2,
    gic: { version: 3, redistributors: [GICV3_REDISTRIBUTORS], its: true },
    bootargs: "console=ttyAMA0",
  }),
  { memoryReservations: [{ address: 0x4000_0000n, size: 0x1000n }] },
);

/** Numbers on which a reader may stumble. */
const treacherous = [0, 1, 2, 3, 4, 9, 0x28, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_ffff];

/** Damages a file a little. */
function damage(file: Uint8Array, random: Random): Uint8Array {
  const view = new DataView(file.buffer);
  for (let left = random.below(3) + 1; left > 0; left--) {
    // The header is small and decides much.
    const at = random.below(random.percent(30) ? 40 : file.length);
    const word = Math.min(at - at % 4, file.length - 4);
    random.weighted<() => void>([
      [3, () => file[at] = random.u32() & 0xff],
      [2, () => file[at]! ^= 1 << random.below(8)],
      [3, () => view.setUint32(word, random.pick(treacherous))],
      [2, () => view.setUint32(word, random.below(file.length + 16))],
      [
        2,
        () => file.copyWithin(word, random.below(file.length / 4) * 4, random.below(file.length)),
      ],
      [1, () => file.fill(random.pick([0, 4, 0xff]), at, at + random.below(64))],
    ])();
  }
  return random.percent(5) ? file.subarray(0, random.below(file.length)) : file;
}

/** The tree in a file; undefined if it holds none. */
function decode(file: Uint8Array): DeviceTreeNode | undefined {
  try {
    decodeMemoryReservations(file);
    return decodeDeviceTree(file);
  } catch (error) {
    if (!(error instanceof DeviceTreeError)) throw error;
  }
}

/** How many bytes all values of a tree have. */
function valueSize({ properties, children }: DeviceTreeNode): number {
  return properties.reduce((sum, [, { length }]) => sum + length, 0) +
    children.reduce((sum, child) => sum + valueSize(child), 0);
}

hostTest("decodeDeviceTree never fails in another way, whatever a file holds", () => {
  const random = new Random(1, 2, 3);
  let read = 0;
  for (let i = 0; i < MUTATIONS; i++) {
    const file = damage(whole.slice(), random);
    const tree = decode(file);
    if (tree === undefined) continue;
    read++;
    assert(valueSize(tree) <= file.length, `mutation ${i} has more in it than in the file`);
    if (read % MUTATIONS_PER_ROUND_TRIP > 0) continue;
    assertEquals(decodeDeviceTree(encodeDeviceTree(tree, { anyNames: true })), tree);
  }
  // Else the damage would be too much or too little to tell anything.
  assert(read > MUTATIONS / 20 && read < MUTATIONS / 2, `${read} of ${MUTATIONS} were read`);
});

Deno.test("decodeDeviceTree never fails in another way, wherever a file is cut off", () => {
  for (let length = 0; length < whole.length; length++) {
    const file = whole.slice(0, length);
    assertEquals(decode(file), undefined);
    // Now the header knows it.
    if (length >= 8) new DataView(file.buffer).setUint32(4, length);
    assertEquals(decode(file), undefined);
  }
});
