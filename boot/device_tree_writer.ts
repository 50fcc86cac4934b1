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
import { CELL_SIZE, concat, string, u32, u64 } from "./device_tree_values.ts";

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
  const { structure, strings } = new Blocks(root, anyNames);
  const reservations = reservationBlock(memoryReservations);
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

/** The structure block and the strings block of a tree. */
class Blocks {
  readonly #structure = new Block();
  readonly #strings = new Block();
  /** Where in the strings block each name is. */
  readonly #nameOffsets = new Map<string, number>();
  readonly #anyNames: boolean;

  constructor(root: DeviceTreeNode, anyNames: boolean) {
    this.#anyNames = anyNames;
    if (root.name !== "") {
      throw new DeviceTreeError(`the device tree's root has a name: ${root.name}`);
    }
    this.#addNode(root, 1);
    this.#structure.addCell(FDT_END);
  }

  get structure(): Uint8Array {
    return this.#structure.bytes;
  }

  get strings(): Uint8Array {
    return this.#strings.bytes;
  }

  #addNode(node: DeviceTreeNode, level: number): void {
    if (level > MOST_LEVELS) {
      throw new DeviceTreeError(`the device tree has more than ${MOST_LEVELS} levels`);
    }
    const trouble = nameTrouble(node, this.#anyNames);
    if (trouble !== undefined) {
      throw new DeviceTreeError(`the device tree cannot be written: ${trouble}`);
    }
    const structure = this.#structure;
    structure.addCell(FDT_BEGIN_NODE);
    structure.add(string(node.name));
    structure.pad();
    for (const [name, value] of node.properties) {
      structure.addCell(FDT_PROP);
      structure.addCell(value.length);
      structure.addCell(this.#nameOffset(name));
      structure.add(value);
      structure.pad();
    }
    for (const child of node.children) this.#addNode(child, level + 1);
    structure.addCell(FDT_END_NODE);
  }

  #nameOffset(name: string): number {
    let offset = this.#nameOffsets.get(name);
    if (offset === undefined) {
      offset = this.#strings.size;
      this.#nameOffsets.set(name, offset);
      this.#strings.add(string(name));
    }
    return offset;
  }
}

/** As much as the tree of the virt machine needs, in bytes. */
const USUAL_SIZE = 4096;

/** A block while it grows. */
class Block {
  #room = new Uint8Array(USUAL_SIZE);
  #view = new DataView(this.#room.buffer);
  #size = 0;

  get bytes(): Uint8Array {
    return this.#room.subarray(0, this.#size);
  }

  get size(): number {
    return this.#size;
  }

  addCell(value: number): void {
    const at = this.#grow(CELL_SIZE);
    this.#view.setUint32(at, value);
  }

  add(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#room.set(bytes, at);
  }

  /** Adds zeros, so that the next token is where it must be. */
  pad(): void {
    this.#grow(-this.#size & (TOKEN_ALIGNMENT - 1));
  }

  /** Makes room for more, which is zero. @returns Where that is. */
  #grow(count: number): number {
    const at = this.#size;
    this.#size += count;
    if (this.#size > this.#room.length) {
      const room = new Uint8Array(2 * this.#size);
      room.set(this.#room);
      this.#room = room;
      this.#view = new DataView(room.buffer);
    }
    return at;
  }
}
