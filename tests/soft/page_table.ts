/** Hand-made translation tables for tests of the MMU: a chain of tables that leads one address to one descriptor. */

import { type BareCpu, RAM } from "./bare_cpu.ts";

/** Fields of descriptors (Arm ARM, D8.3). */
export const Descriptor = {
  BLOCK: 0b01n,
  TABLE: 0b11n,
  PAGE: 0b11n,
  AP_EL0: 1n << 6n,
  AP_READ_ONLY: 1n << 7n,
  AF: 1n << 10n,
  CONTIGUOUS: 1n << 52n,
  PXN: 1n << 53n,
  UXN: 1n << 54n,
  PXN_TABLE: 1n << 59n,
  UXN_TABLE: 1n << 60n,
  AP_TABLE_NO_EL0: 1n << 61n,
  AP_TABLE_READ_ONLY: 1n << 62n,
} as const;

/** The first table of each level, and the entry of it that {@linkcode VA} selects. */
export const TABLES = [RAM, RAM + 0x1000, RAM + 0x2000, RAM + 0x3000] as const;
const INDICES = [1, 2, 3, 4] as const;
/** An address whose table indices are 1, 2, 3 and 4, and whose offset in the page is 0xabc. */
export const VA = (1n << 39n) | (2n << 30n) | (3n << 21n) | (4n << 12n) | 0xabcn;

/** TCR_EL1 for 48-bit addresses in both halves, and 40 physical bits. */
export const TCR_48 = 16n | 16n << 16n | 2n << 32n;

/** A table descriptor for the table of a level. */
export const tableOf = (level: number): bigint => BigInt(TABLES[level]!) | Descriptor.TABLE;

/** Where the entry is that {@linkcode VA} selects at a level. */
export const entryOf = (level: number): number => TABLES[level]! + 8 * INDICES[level]!;

/** Turns the MMU on, with tables that lead {@linkcode VA} to a descriptor at some level, from either half. */
export function mapVa(machine: BareCpu, level: number, descriptor: bigint): BareCpu {
  for (let i = 0; i < level; i++) machine.writeUint64(entryOf(i), tableOf(i + 1));
  machine.writeUint64(entryOf(level), descriptor);
  return machine.set({
    sctlr_el1: 1n,
    tcr_el1: TCR_48,
    ttbr0_el1: BigInt(TABLES[0]),
    ttbr1_el1: BigInt(TABLES[0]),
    mair_el1: 0xffn,
  });
}

/** What came of translating an address: the physical one, or the name of the fault. */
export function translated(
  { mmu }: BareCpu,
  va: bigint = VA,
  access: 0 | 1 | 2 = 0,
  el: 0 | 1 = 1,
): string {
  const physAddr = mmu.translate(Number(va >> 32n), Number(va & 0xffff_ffffn), access, el);
  if (physAddr >= 0) return `0x${physAddr.toString(16)}`;
  const kind = faults[mmu.faultStatus >> 2] ?? "unknown";
  return `${kind} fault, level ${mmu.faultStatus & 3}`;
}

/** Kinds of faults, by bits 5:2 of the fault status code. */
const faults: Record<number, string> = {
  0: "address size",
  1: "translation",
  2: "access flag",
  3: "permission",
  5: "table outside memory",
};
