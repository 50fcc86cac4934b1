/** Reads a flattened device tree, a DTB, that may hold anything (Devicetree Specification v0.4, chapter 5). */

import { type DeviceTreeNode, type DeviceTreeProperty, MOST_LEVELS } from "./device_tree.ts";
import { type Blocks, findBlocks, notATree } from "./device_tree_blocks.ts";
import {
  FDT_BEGIN_NODE,
  FDT_END,
  FDT_END_NODE,
  FDT_NOP,
  FDT_PROP,
  type MemoryReservation,
  TOKEN_ALIGNMENT,
} from "./device_tree_format.ts";
import { LONGEST_NAME, nameTrouble } from "./device_tree_names.ts";
import { CELL_SIZE } from "./device_tree_values.ts";

/**
 * The tree that a DTB of version 16 or 17 holds. Its values are copies.
 *
 * @param name The file's name, for messages.
 * @throws {DeviceTreeError} if it holds none.
 */
export function decodeDeviceTree(bytes: Uint8Array, name = "the file"): DeviceTreeNode {
  return new StructureReader(findBlocks(bytes, name), name).root();
}

/**
 * The memory that a DTB tells the guest to leave alone, beside the tree.
 *
 * @param name The file's name, for messages.
 * @throws {DeviceTreeError} if the file is no DTB, as far as its header tells.
 */
export function decodeMemoryReservations(
  bytes: Uint8Array,
  name = "the file",
): readonly MemoryReservation[] {
  return findBlocks(bytes, name).reservations;
}

/** A node that is being read. */
interface OpenNode extends DeviceTreeNode {
  readonly properties: DeviceTreeProperty[];
  readonly children: DeviceTreeNode[];
}

/** Goes through the structure block once, token by token. */
class StructureReader {
  readonly #structure: Uint8Array;
  readonly #view: DataView;
  readonly #strings: Uint8Array;
  readonly #fileName: string;
  #at = 0;
  /** The nodes that are not at their end yet, each a child of the one before. */
  readonly #open: OpenNode[] = [];
  #root: DeviceTreeNode | undefined;

  constructor({ structure, strings }: Blocks, fileName: string) {
    this.#structure = structure;
    this.#view = new DataView(structure.buffer, structure.byteOffset, structure.length);
    this.#strings = strings;
    this.#fileName = fileName;
  }

  /** The tree's root. */
  root(): DeviceTreeNode {
    for (;;) {
      const token = this.#u32();
      if (token === FDT_BEGIN_NODE) this.#beginNode();
      else if (token === FDT_PROP) this.#property();
      else if (token === FDT_END_NODE) this.#endNode();
      else if (token === FDT_END) return this.#end();
      else if (token !== FDT_NOP) this.#fail(`its structure block has a token ${token}`);
    }
  }

  #beginNode(): void {
    const name = this.#name(this.#structure, this.#at);
    this.#skip(name.length + 1);
    if (this.#root !== undefined) this.#fail("it has more than one root");
    if (this.#open.length === 0 && name !== "") this.#fail("its root has a name");
    if (this.#open.length === MOST_LEVELS) this.#fail(`it has more than ${MOST_LEVELS} levels`);
    this.#open.push({ name, properties: [], children: [] });
  }

  #property(): void {
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#fail("it has a property outside of its root");
    if (parent.children.length > 0) this.#fail("it has a property behind a child node");
    const length = this.#u32(), nameOffset = this.#u32(), start = this.#at;
    this.#skip(length);
    const name = this.#name(this.#strings, nameOffset);
    parent.properties.push([name, this.#structure.slice(start, start + length)]);
  }

  #endNode(): void {
    const node = this.#open.pop();
    if (node === undefined) this.#fail("it has the end of a node where there is none");
    const trouble = nameTrouble(node, true);
    if (trouble !== undefined) this.#fail(trouble);
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = node;
    else parent.children.push(node);
  }

  #end(): DeviceTreeNode {
    if (this.#root === undefined) {
      this.#fail(this.#open.length === 0 ? "it has no root" : "it ends inside a node");
    }
    return this.#root;
  }

  #u32(): number {
    if (this.#at + CELL_SIZE > this.#structure.length) this.#fail("its structure block has no end");
    const value = this.#view.getUint32(this.#at);
    this.#at += CELL_SIZE;
    return value;
  }

  /** Goes on behind that many bytes, to where the next token may be. */
  #skip(length: number): void {
    if (length > this.#structure.length - this.#at) this.#fail("its structure block has no end");
    this.#at = Math.ceil((this.#at + length) / TOKEN_ALIGNMENT) * TOKEN_ALIGNMENT;
  }

  /** The characters from an offset up to a zero. */
  #name(block: Uint8Array, offset: number): string {
    // Bounded: a file could have one long name for each of a million properties.
    const bytes = block.subarray(offset, offset + LONGEST_NAME + 1);
    const length = bytes.indexOf(0);
    if (length < 0) this.#fail("it has a name that is too long or has no end");
    return String.fromCharCode(...bytes.subarray(0, length));
  }

  #fail(what: string): never {
    throw notATree(this.#fileName, what);
  }
}
