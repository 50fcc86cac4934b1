/** Finds the blocks of a flattened device tree by its header (Devicetree Specification v0.4, 5.2). */

import { DeviceTreeError } from "./device_tree.ts";
import {
  FDT_HEADER,
  FDT_HEADER_SIZE,
  FDT_LAST_COMP_VERSION,
  FDT_MAGIC,
  FDT_VERSION,
  type MemoryReservation,
  RESERVATION_ALIGNMENT,
  RESERVATION_SIZE,
  TOKEN_ALIGNMENT,
} from "./device_tree_format.ts";
import { CELL_SIZE } from "./device_tree_values.ts";

/** What a file holds that is a flattened device tree as far as its header tells. */
export interface Blocks {
  readonly structure: Uint8Array;
  readonly strings: Uint8Array;
  readonly reservations: readonly MemoryReservation[];
}

/** Where a block is: offsets in bytes from the start of the file. */
interface Block {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** The error that a file is. @param name The file's name. */
export function notATree(name: string, what: string): DeviceTreeError {
  return new DeviceTreeError(`${name} is no device tree: ${what}`);
}

/**
 * The blocks of a flattened device tree, which are inside the file and apart
 * from each other, whatever its header says.
 *
 * @param name The file's name, for messages.
 * @throws {DeviceTreeError} if they are not.
 */
export function findBlocks(bytes: Uint8Array, name: string): Blocks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = checkedSize(view, name);
  const structureAt = view.getUint32(FDT_HEADER.off_dt_struct);
  const stringsAt = view.getUint32(FDT_HEADER.off_dt_strings);
  const reservationsAt = view.getUint32(FDT_HEADER.off_mem_rsvmap);
  checkOffset(name, "memory reservation", reservationsAt, RESERVATION_ALIGNMENT);
  checkOffset(name, "structure", structureAt, TOKEN_ALIGNMENT);
  const reservations = readReservations(view, reservationsAt, size, name);
  const reservationsEnd = reservationsAt + (reservations.length + 1) * RESERVATION_SIZE;
  const stringsEnd = stringsAt + view.getUint32(FDT_HEADER.size_dt_strings);
  const behindStructure = [stringsAt, reservationsAt, size].filter((at) => at > structureAt);
  const structureEnd = view.getUint32(FDT_HEADER.version) >= FDT_VERSION
    ? structureAt + view.getUint32(FDT_HEADER.size_dt_struct)
    // Version 16 does not say: up to what is next.
    : Math.min(...behindStructure);
  checkApart(name, size, [
    { name: "header", start: 0, end: FDT_HEADER_SIZE },
    { name: "memory reservation block", start: reservationsAt, end: reservationsEnd },
    { name: "structure block", start: structureAt, end: structureEnd },
    { name: "strings block", start: stringsAt, end: stringsEnd },
  ]);
  return {
    structure: bytes.subarray(structureAt, structureEnd),
    strings: bytes.subarray(stringsAt, stringsEnd),
    reservations,
  };
}

/** How many bytes of a file are the tree's. */
function checkedSize(view: DataView, name: string): number {
  if (view.byteLength === 0) throw notATree(name, "it is empty");
  if (view.byteLength < CELL_SIZE || view.getUint32(FDT_HEADER.magic) !== FDT_MAGIC) {
    throw notATree(name, `it does not start with the bytes ${FDT_MAGIC.toString(16)}`);
  }
  if (view.byteLength < FDT_HEADER_SIZE) throw notATree(name, "it is cut off");
  const size = view.getUint32(FDT_HEADER.totalsize), version = view.getUint32(FDT_HEADER.version);
  const needed = view.getUint32(FDT_HEADER.last_comp_version);
  if (version < FDT_LAST_COMP_VERSION || needed > FDT_VERSION) {
    throw notATree(name, `it is of version ${version} of the format, not of ${FDT_VERSION}`);
  }
  if (size > view.byteLength) throw notATree(name, "it is cut off");
  return size;
}

function checkOffset(name: string, block: string, offset: number, alignment: number): void {
  if (offset % alignment === 0) return;
  throw notATree(name, `its ${block} block is at ${offset}, no multiple of ${alignment}`);
}

function readReservations(
  view: DataView,
  start: number,
  size: number,
  name: string,
): MemoryReservation[] {
  const reservations: MemoryReservation[] = [];
  for (let at = start; at + RESERVATION_SIZE <= size; at += RESERVATION_SIZE) {
    const reservation = { address: view.getBigUint64(at), size: view.getBigUint64(at + 8) };
    if (reservation.address === 0n && reservation.size === 0n) return reservations;
    reservations.push(reservation);
  }
  throw notATree(name, "its memory reservation block has no end");
}

/** Fails unless blocks are inside a file of that size and none is where another is. */
function checkApart(name: string, size: number, blocks: readonly Block[]): void {
  const inOrder = blocks.toSorted((a, b) => a.start - b.start || a.end - b.end);
  for (const [i, block] of inOrder.entries()) {
    if (block.end > size) throw notATree(name, `its ${block.name} goes beyond its end`);
    const before = inOrder[i - 1];
    if (before !== undefined && before.end > block.start) {
      throw notATree(name, `its ${before.name} and its ${block.name} overlap`);
    }
  }
}
