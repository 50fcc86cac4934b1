/** Translation tables of stage 1 (Arm ARM D8.3), 4 KiB granule, 48-bit addresses. */

import { PAGE } from "./layout.ts";

// Descriptor bits.
const TABLE = 0b11n;
const PAGE_ENTRY = 0b11n;
const BLOCK_ENTRY = 0b01n;
/** AttrIndx 0; inner shareable. */
const NORMAL = 3n << 8n;
const AF = 1n << 10n;
const AP_EL0 = 1n << 6n;
const AP_READ_ONLY = 1n << 7n;
const PXN = 1n << 53n;
const UXN = 1n << 54n;

const ENTRIES = 512;
const LEVEL_SHIFTS = [39n, 30n, 21n, 12n];
const BLOCK_LEVEL = 2;
const PAGE_LEVEL = 3;
const ADDRESS_MASK = 0xffff_ffff_f000n;

/** What may be done to a page. */
export interface Permissions {
  readonly el0?: boolean;
  readonly readOnly?: boolean;
  /** Instructions may come from here. */
  readonly code?: boolean;
  /** The access flag is clear: each access faults. */
  readonly untouched?: boolean;
}

/** The tables of one range of virtual addresses, as they are built. */
export class Tables {
  /** The tables, the first of them the root. */
  readonly pages: BigUint64Array[] = [new BigUint64Array(ENTRIES)];

  /** @param base Where the tables will be: they lie behind each other. */
  constructor(readonly base: number) {}

  /** Maps a page. */
  mapPage(virtual: bigint, physical: number, permissions: Permissions): void {
    this.#place(virtual, PAGE_LEVEL, BigInt(physical) | PAGE_ENTRY | attributes(permissions));
  }

  /** Maps a block of 2 MiB. */
  mapBlock(virtual: bigint, physical: number, permissions: Permissions): void {
    this.#place(virtual, BLOCK_LEVEL, BigInt(physical) | BLOCK_ENTRY | attributes(permissions));
  }

  /** The tables as bytes. */
  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.pages.length * PAGE);
    this.pages.forEach((page, i) => bytes.set(new Uint8Array(page.buffer), i * PAGE));
    return bytes;
  }

  #place(virtual: bigint, last: number, descriptor: bigint): void {
    let table = this.pages[0]!;
    for (let level = 0; level < last; level++) table = this.#next(table, index(virtual, level));
    table[index(virtual, last)] = descriptor;
  }

  #next(table: BigUint64Array, entry: number): BigUint64Array {
    if (table[entry] === 0n) {
      table[entry] = BigInt(this.base + this.pages.length * PAGE) | TABLE;
      this.pages.push(new BigUint64Array(ENTRIES));
    }
    return this.pages[(Number(table[entry]! & ADDRESS_MASK) - this.base) / PAGE]!;
  }
}

function index(virtual: bigint, level: number): number {
  return Number((virtual >> LEVEL_SHIFTS[level]!) & BigInt(ENTRIES - 1));
}

function attributes({ el0, readOnly, code, untouched }: Permissions): bigint {
  // What EL0 may write, EL1 does not execute anyway (D8.4.4): so let PXN not forbid it.
  const pxn = code || (el0 && !readOnly) ? 0n : PXN;
  return NORMAL | (untouched ? 0n : AF) | (el0 ? AP_EL0 : 0n) | (readOnly ? AP_READ_ONLY : 0n) |
    pxn | (code && el0 ? 0n : UXN);
}
