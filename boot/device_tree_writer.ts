/** Writes a device tree as guests read it: flattened, a DTB (Devicetree Specification v0.4, chapter 5). */

import { DeviceTreeError, type DeviceTreeNode, MOST_LEVELS } from "./device_tree.ts";
import {
  FDT_BEGIN_NODE,
  FDT_END,
  FDT_END_NODE,
  FDT_HEADER_SIZE,
  FDT_LAST_COMP_VERSION,
  FDT_MAGIC,
  FDT_PROP,
  FDT_VERSION,
  type MemoryReservation,
  TOKEN_ALIGNMENT,
} from "./device_tree_format.ts";
import { nameTrouble } from "./device_tree_names.ts";
import { concat, string, u32, u64 } from "./device_tree_values.ts";

/** What else goes into the file. */
export interface EncodeOptions {
  /** Memory that the guest is to leave alone; none unless given. */
  readonly memoryReservations?: readonly MemoryReservation[];
  /** The `reg` of the CPU that starts; 0 unless given. */
  readonly bootCpuidPhys?: number;
  /**
   * Take names that the specification does not allow, as trees from elsewhere
   * have them (`__symbols__`, or longer than 31 characters), if only a reader
   * will find them; false unless given.
   */
  readonly anyNames?: boolean;
}

/**
 * A device tree as a DTB of version 17. The same tree and options give the same bytes.
 *
 * @throws {DeviceTreeError} if a name is not allowed or there twice, the tree is too deep, or a
 * reservation is empty.
 */
export function encodeDeviceTree(
  root: DeviceTreeNode,
  options: EncodeOptions = {},
): Uint8Array<ArrayBuffer> {
  const { memoryReservations = [], bootCpuidPhys = 0, anyNames = false } = options;
  const blocks = new Blocks(anyNames);
  blocks.addTree(root);
  const reservations = reservationBlock(memoryReservations);
  const structure = concat(blocks.structure), strings = concat(blocks.strings);
  const structureAt = FDT_HEADER_SIZE + reservations.length;
  const stringsAt = structureAt + structure.length;
  const header = u32(
    FDT_MAGIC,
    stringsAt + strings.length,
    structureAt,
    stringsAt,
    FDT_HEADER_SIZE,
    FDT_VERSION,
    FDT_LAST_COMP_VERSION,
    bootCpuidPhys,
    strings.length,
    structure.length,
  );
  return concat([header, reservations, structure, strings]);
}

function reservationBlock(reservations: readonly MemoryReservation[]): Uint8Array {
  const entries = reservations.map(({ address, size }) => {
    // One at address 0 would end the list.
    if (size === 0n) throw new DeviceTreeError("a memory reservation of the device tree is empty");
    return u64(address, size);
  });
  return concat([...entries, u64(0, 0)]);
}

/** The structure block and the strings block, while they grow. */
class Blocks {
  readonly structure: Uint8Array[] = [];
  readonly strings: Uint8Array[] = [];
  readonly #anyNames: boolean;
  /** Where in the strings block each name is. */
  readonly #nameOffsets = new Map<string, number>();
  #stringsSize = 0;

  constructor(anyNames: boolean) {
    this.#anyNames = anyNames;
  }

  addTree(root: DeviceTreeNode): void {
    if (root.name !== "") {
      throw new DeviceTreeError(`the device tree's root has a name: ${root.name}`);
    }
    this.#addNode(root, 1);
    this.structure.push(u32(FDT_END));
  }

  #addNode(node: DeviceTreeNode, level: number): void {
    if (level > MOST_LEVELS) {
      throw new DeviceTreeError(`the device tree has more than ${MOST_LEVELS} levels`);
    }
    const trouble = nameTrouble(node, this.#anyNames);
    if (trouble !== undefined) {
      throw new DeviceTreeError(`the device tree cannot be written: ${trouble}`);
    }
    this.structure.push(u32(FDT_BEGIN_NODE), padded(string(node.name)));
    for (const [name, value] of node.properties) {
      this.structure.push(u32(FDT_PROP, value.length, this.#nameOffset(name)), padded(value));
    }
    for (const child of node.children) this.#addNode(child, level + 1);
    this.structure.push(u32(FDT_END_NODE));
  }

  #nameOffset(name: string): number {
    const known = this.#nameOffsets.get(name);
    if (known !== undefined) return known;
    const offset = this.#stringsSize, bytes = string(name);
    this.#nameOffsets.set(name, offset);
    this.#stringsSize += bytes.length;
    this.strings.push(bytes);
    return offset;
  }
}

/** Bytes with zeros behind them, so that the next token is where it must be. */
function padded(bytes: Uint8Array): Uint8Array {
  const over = bytes.length % TOKEN_ALIGNMENT;
  return over === 0 ? bytes : concat([bytes, new Uint8Array(TOKEN_ALIGNMENT - over)]);
}
