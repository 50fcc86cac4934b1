/**
 * Stage 1 of address translation at EL1 and EL0 (Arm ARM, D8): 4 KiB granule,
 * 48-bit virtual addresses, 40-bit physical ones.
 *
 * The walk is the miss path of the software TLB, so it works on 32-bit halves
 * and makes no objects; nothing is remembered here from walk to walk.
 */

import type { CpuState } from "./cpu_state.ts";
import { State, storedIndex, type StoredRegister } from "./state.ts";
import {
  ADDRESS_HIGH_MASK,
  ADDRESS_LOW_MASK,
  AF,
  AP_EL0,
  AP_READ_ONLY,
  AP_SHIFT,
  AP_TABLE_SHIFT,
  ATTRINDX_SHIFT,
  BELOW_TAG,
  BITS_PER_LEVEL,
  DESCRIPTOR_SIZE,
  DEVICE_NGNRNE,
  FAULT,
  IPS_BITS,
  isValid,
  LARGEST_TXSZ,
  LAST_LEVEL,
  LEVEL_SHIFT,
  NORMAL_WRITE_BACK,
  OUTER_SHAREABLE,
  PHYSICAL_BITS,
  PXN,
  PXN_TABLE,
  SCTLR_M,
  SCTLR_WXN,
  SH_SHIFT,
  SMALLEST_TXSZ,
  TABLE_OR_PAGE,
  TCR_EPD0,
  TCR_EPD1,
  TCR_IPS_MASK,
  TCR_T1SZ_SHIFT,
  TCR_TBI0_SHIFT,
  TWO_TO_32,
  TXSZ_MASK,
  UXN,
  UXN_TABLE,
  VA55,
} from "./translation_table.ts";

/** The guest's physical memory, as table walks see it. */
export interface PhysicalMemory {
  /** Whether `length` bytes from a physical address on are all in one piece of memory. */
  contains(physAddr: number, length: number): boolean;
  /** A little-endian word at an address that `contains` has approved of. */
  readUint32(physAddr: number): number;
}

/** What an access does. */
export const AccessKind = { read: 0, write: 1, execute: 2 } as const;
/** One of {@linkcode AccessKind}. */
export type AccessKind = typeof AccessKind[keyof typeof AccessKind];

/** Fault status codes of ESR_EL1.ISS, without the level in bits 1:0 (D17.2.37). */
export const FaultStatus = {
  addressSize: 0x00,
  translation: 0x04,
  accessFlag: 0x08,
  permission: 0x0c,
  externalAbortOnWalk: 0x14,
} as const;

/** Where the low half of a stored register is among the state's 32-bit words. */
const word = (name: StoredRegister) => State.SYSTEM / 4 + 2 * storedIndex(name);
const SCTLR = word("sctlr_el1");
const TCR = word("tcr_el1");
const TTBR0 = word("ttbr0_el1");
const TTBR1 = word("ttbr1_el1");
const MAIR = word("mair_el1");

/** Translates one vCPU's addresses. */
export class Mmu {
  /** Of the last fault: FSC, ESR_EL1.ISS bits 5:0. */
  faultStatus = 0;
  /** Whether the last fault is that a table lies where there is no memory (which KVM reports as a plain external abort, FSC 0x10). */
  faultIsTableWalk = false;
  // Of the last successful translation, for the EL it was made for:
  readable = false;
  writable = false;
  executable = false;
  /** Its byte of MAIR_EL1. */
  attributes = DEVICE_NGNRNE;
  /** The SH field of its descriptor. */
  shareability = OUTER_SHAREABLE;

  readonly #u32: Uint32Array;
  // Of the walk that is under way: what its tables forbid, and its last descriptor.
  #apTable = 0;
  #xnTable = 0;
  #low = 0;
  #high = 0;
  #level = 0;

  constructor(cpu: CpuState, readonly physical: PhysicalMemory) {
    this.#u32 = cpu.u32;
  }

  /** Whether the last translation led to Device memory, where accesses must be aligned. */
  get isDevice(): boolean {
    return (this.attributes & 0xf0) === 0;
  }

  /** Whether the last translation led to Normal memory. */
  get isNormal(): boolean {
    return !this.isDevice;
  }

  /**
   * The physical address for a virtual one, given as two unsigned halves, or -1
   * with the reason in `faultStatus`.
   *
   * @param el Whose permissions count; EL0's also for ldtr and sttr at EL1.
   */
  translate(hi: number, lo: number, access: AccessKind, el: 0 | 1): number {
    const u32 = this.#u32;
    const isUpper = (hi & VA55) !== 0;
    const tbi = (u32[TCR + 1]! >>> (isUpper ? TCR_TBI0_SHIFT + 1 : TCR_TBI0_SHIFT)) & 1;
    const compared = tbi === 0 ? ~0 : BELOW_TAG;
    if ((u32[SCTLR]! & SCTLR_M) === 0) return this.#flat(hi & compared, lo, access);

    const tcr = u32[TCR]!;
    const txsz = (isUpper ? tcr >>> TCR_T1SZ_SHIFT : tcr) & TXSZ_MASK;
    const isDisabled = (tcr & (isUpper ? TCR_EPD1 : TCR_EPD0)) !== 0;
    // A TxSZ out of range may be clamped or fault (D8.2.7); it faults, as QEMU's CPUs do.
    const isOutOfRange = txsz < SMALLEST_TXSZ || txsz > LARGEST_TXSZ;
    const inputBits = 64 - txsz;
    const outside = isUpper
      ? bitsFrom(~hi & compared, ~lo, inputBits)
      : bitsFrom(hi & compared, lo, inputBits);
    if (isOutOfRange || isDisabled || outside) return this.#fault(FaultStatus.translation, 0);

    if (!this.#walk(hi, lo, isUpper ? TTBR1 : TTBR0, inputBits)) return FAULT;
    if (!this.#permits(access, el)) return this.#fault(FaultStatus.permission, this.#level);
    const inside = (1 << LEVEL_SHIFT[this.#level]!) - 1;
    const low = (this.#low & ~inside) | (lo & inside);
    return (this.#high & ADDRESS_HIGH_MASK) * TWO_TO_32 + (low >>> 0);
  }

  /** The MMU is off: addresses are physical, data is Device-nGnRnE (D8.2.10). `hi` is without tag. */
  #flat(hi: number, lo: number, access: AccessKind): number {
    if (hi >>> (PHYSICAL_BITS - 32) !== 0) return this.#fault(FaultStatus.addressSize, 0);
    this.readable = this.writable = this.executable = true;
    this.attributes = access === AccessKind.execute ? NORMAL_WRITE_BACK : DEVICE_NGNRNE;
    this.shareability = OUTER_SHAREABLE;
    return (hi >>> 0) * TWO_TO_32 + lo;
  }

  /** Walks the tables to a block or page descriptor, left in #low, #high and #level; false after a fault. */
  #walk(hi: number, lo: number, ttbr: number, inputBits: number): boolean {
    const u32 = this.#u32;
    const outputBits = IPS_BITS[u32[TCR + 1]! & TCR_IPS_MASK] ?? PHYSICAL_BITS;
    let level = inputBits > LEVEL_SHIFT[0] ? 0 : inputBits > LEVEL_SHIFT[1] ? 1 : 2;
    // The first table may be smaller than a page, and is aligned to its size.
    let entries = 1 << (inputBits - LEVEL_SHIFT[level]!);
    let tableHigh = u32[ttbr + 1]! & ADDRESS_HIGH_MASK;
    let tableLow = u32[ttbr]! & ~(entries * DESCRIPTOR_SIZE - 1);
    this.#apTable = this.#xnTable = 0;
    if (tableHigh >>> (outputBits - 32) !== 0) return this.#fails(FaultStatus.addressSize, 0);
    for (;; level++) {
      const index = fieldAt(hi, lo, LEVEL_SHIFT[level]!) & (entries - 1);
      const address = tableHigh * TWO_TO_32 + (tableLow >>> 0) + index * DESCRIPTOR_SIZE;
      if (!this.physical.contains(address, DESCRIPTOR_SIZE)) {
        return this.#fails(FaultStatus.externalAbortOnWalk, level);
      }
      const low = this.physical.readUint32(address);
      const high = this.physical.readUint32(address + 4);
      const isTable = (low & TABLE_OR_PAGE) !== 0 && level < LAST_LEVEL;
      if (!isValid(low, level)) return this.#fails(FaultStatus.translation, level);
      if ((high & ADDRESS_HIGH_MASK) >>> (outputBits - 32) !== 0) {
        return this.#fails(FaultStatus.addressSize, level);
      }
      if (!isTable) return this.#leaf(low, high, level);
      this.#apTable |= (high >>> AP_TABLE_SHIFT) & 3;
      this.#xnTable |= high & (PXN_TABLE | UXN_TABLE);
      tableHigh = high & ADDRESS_HIGH_MASK;
      tableLow = low & ADDRESS_LOW_MASK;
      entries = 1 << BITS_PER_LEVEL;
    }
  }

  /** Takes a block or page descriptor; false if it has not been accessed yet. */
  #leaf(low: number, high: number, level: number): boolean {
    if ((low & AF) === 0) return this.#fails(FaultStatus.accessFlag, level);
    this.#low = low;
    this.#high = high;
    this.#level = level;
    const index = (low >>> ATTRINDX_SHIFT) & 7;
    this.attributes = (this.#u32[MAIR + (index >> 2)]! >>> (8 * (index & 3))) & 0xff;
    this.shareability = (low >>> SH_SHIFT) & 3;
    return true;
  }

  /** Works out the permissions (D8.4), and whether they allow an access. */
  #permits(access: AccessKind, el: 0 | 1): boolean {
    let ap = (this.#low >>> AP_SHIFT) & 3;
    if ((this.#apTable & AP_EL0) !== 0) ap &= ~AP_EL0;
    ap |= this.#apTable & AP_READ_ONLY;
    const isEl0 = el === 0;
    this.readable = !isEl0 || (ap & AP_EL0) !== 0;
    this.writable = this.readable && (ap & AP_READ_ONLY) === 0;
    const never = isEl0
      ? (this.#high & UXN) | (this.#xnTable & UXN_TABLE)
      : (this.#high & PXN) | (this.#xnTable & PXN_TABLE);
    // What EL0 may write, EL1 does not execute (D8.4.4).
    const isUserWritable = ap === AP_EL0;
    const wxn = (this.#u32[SCTLR]! & SCTLR_WXN) !== 0 && this.writable;
    this.executable = never === 0 && !wxn && (isEl0 || !isUserWritable);
    if (access === AccessKind.read) return this.readable;
    return access === AccessKind.write ? this.writable : this.executable;
  }

  #fault(status: number, level: number): typeof FAULT {
    this.faultStatus = status | level;
    this.faultIsTableWalk = status === FaultStatus.externalAbortOnWalk;
    return FAULT;
  }

  #fails(status: number, level: number): false {
    this.#fault(status, level);
    return false;
  }
}

/** Whether an address has any bit set from `from` (25 to 48) on. */
function bitsFrom(hi: number, lo: number, from: number): boolean {
  return from >= 32 ? hi >>> (from - 32) !== 0 : hi !== 0 || lo >>> from !== 0;
}

/** The bits of an address from `shift` on, at least nine of them right. */
function fieldAt(hi: number, lo: number, shift: number): number {
  return shift >= 32 ? hi >>> (shift - 32) : (hi << (32 - shift)) | (lo >>> shift);
}
