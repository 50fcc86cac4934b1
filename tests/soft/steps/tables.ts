/** Translation tables for stage 1 (Arm ARM, D8.3), written into a guest's memory by hand: any descriptor at any level. */

import type { GuestMemory } from "../../../vm/guest_memory.ts";

/** Bits of descriptors. */
export const Bit = {
  valid: 1n << 0n,
  /** At levels 0 to 2. */
  table: 1n << 1n,
  /** At level 3. */
  page: 1n << 1n,
  /** AP[1]. */
  el0: 1n << 6n,
  /** AP[2]. */
  readOnly: 1n << 7n,
  innerShareable: 3n << 8n,
  accessed: 1n << 10n,
  nonGlobal: 1n << 11n,
  contiguous: 1n << 52n,
  pxn: 1n << 53n,
  uxn: 1n << 54n,
  pxnTable: 1n << 59n,
  uxnTable: 1n << 60n,
  /** APTable[0]. */
  noEl0Table: 1n << 61n,
  /** APTable[1]. */
  readOnlyTable: 1n << 62n,
} as const;

/** AttrIndx, as the values of MAIR_EL1 in mmu.ts. */
export const Attributes = { normal: 0n << 2n, device: 1n << 2n } as const;

const PAGE = 0x1000;
const SHIFTS = [39n, 30n, 21n, 12n] as const;
const ADDRESS_MASK = 0xffff_ffff_f000n;
const LAST_LEVEL = 3;

/** A valid page or block descriptor of Normal memory that EL1 may do anything with, at a level. */
export function leaf(level: number, physical: number | bigint, bits = 0n): bigint {
  const kind = level === LAST_LEVEL ? Bit.valid | Bit.page : Bit.valid;
  return BigInt(physical) | kind | Bit.innerShareable | Bit.accessed | bits;
}

/** Hands out pages for tables. */
export class TableRoom {
  constructor(readonly memory: GuestMemory, private next: number) {}

  /** A page of zeroes. */
  take(): number {
    const at = this.next;
    this.next += PAGE;
    return at;
  }
}

/** The tables of one range of addresses. */
export class Tables {
  /** The physical address of the first table. */
  readonly root: number;
  readonly #room: TableRoom;
  readonly #startLevel: number;
  readonly #startMask: bigint;

  /** @param txsz How many bits the range's addresses lack of 64. */
  constructor(room: TableRoom, readonly txsz: number) {
    this.#room = room;
    this.root = room.take();
    const bits = BigInt(64 - txsz);
    this.#startLevel = SHIFTS.findIndex((shift) => bits > shift);
    this.#startMask = (1n << (bits - SHIFTS[this.#startLevel]!)) - 1n;
  }

  /** Writes a descriptor: the one at a level on the way to an address. Tables above it are made where they are missing. */
  set(address: bigint, level: number, descriptor: bigint): void {
    this.#room.memory.writeUint64(this.entry(address, level), descriptor);
  }

  /** Maps a page, or a block at another level. */
  map(address: bigint, physical: number | bigint, bits = 0n, level = LAST_LEVEL): void {
    this.set(address, level, leaf(level, physical, bits));
  }

  /** Adds bits to the descriptor at a level on the way to an address. */
  mark(address: bigint, level: number, bits: bigint): void {
    const { memory } = this.#room;
    const at = this.entry(address, level);
    memory.writeUint64(at, memory.readUint64(at) | bits);
  }

  /** The physical address of the descriptor at a level on the way to an address. */
  entry(address: bigint, level: number): number {
    const { memory } = this.#room;
    let table = this.root;
    for (let above = this.#startLevel; above < level; above++) {
      const at = table + this.#offset(address, above);
      if (memory.readUint64(at) === 0n) {
        memory.writeUint64(at, BigInt(this.#room.take()) | Bit.valid | Bit.table);
      }
      table = Number(memory.readUint64(at) & ADDRESS_MASK);
    }
    return table + this.#offset(address, level);
  }

  #offset(address: bigint, level: number): number {
    const mask = level === this.#startLevel ? this.#startMask : 0x1ffn;
    return Number((address >> SHIFTS[level]!) & mask) * 8;
  }
}
