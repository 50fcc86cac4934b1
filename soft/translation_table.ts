/**
 * The fields of translation table descriptors and of the registers that lead to
 * them (Arm ARM, D8.3 and D17.2), for mmu.ts: of each 64-bit value the low and
 * the high word apart.
 */

/** The physical address space, as ID_AA64MMFR0_EL1.PARange says; the same as KVM's default. */
export const PHYSICAL_BITS = 40;

export const SCTLR_M = 1 << 0;
export const SCTLR_WXN = 1 << 19;

// TCR_EL1, the low word. TG0 and TG1 are not looked at: a granule that is not
// implemented is taken for one that is (D17.2.131, "reserved or not implemented").
export const TCR_T1SZ_SHIFT = 16;
export const TCR_EPD0 = 1 << 7;
export const TCR_EPD1 = 1 << 23;
export const TXSZ_MASK = 0x3f;
export const SMALLEST_TXSZ = 16;
export const LARGEST_TXSZ = 39;
// The high word.
export const TCR_IPS_MASK = 7;
export const TCR_TBI0_SHIFT = 5;
/** TCR_EL1.IPS in bits; what is reserved or more than there is stands for all there is. */
export const IPS_BITS = [32, 36, PHYSICAL_BITS, PHYSICAL_BITS, PHYSICAL_BITS] as const;

// Descriptors (D8.3). The low word.
const VALID = 1 << 0;
/** At levels 0 to 2 a table rather than a block; at level 3 a page rather than nothing. */
export const TABLE_OR_PAGE = 1 << 1;
export const ATTRINDX_SHIFT = 2;
export const AP_SHIFT = 6;
export const SH_SHIFT = 8;
export const AF = 1 << 10;
export const ADDRESS_LOW_MASK = ~0xfff;
// The high word.
export const ADDRESS_HIGH_MASK = 0xffff;
export const PXN = 1 << (53 - 32);
export const UXN = 1 << (54 - 32);
export const PXN_TABLE = 1 << (59 - 32);
export const UXN_TABLE = 1 << (60 - 32);
export const AP_TABLE_SHIFT = 61 - 32;
// AP[2:1], and APTable, where bit 0 takes EL0's rights away instead.
export const AP_EL0 = 1 << 0;
export const AP_READ_ONLY = 1 << 1;

export const LAST_LEVEL = 3;
const PAGE_SHIFT = 12;
export const BITS_PER_LEVEL = 9;
/** What of the address one entry of a table at each level covers, in bits. */
export const LEVEL_SHIFT = [39, 30, 21, PAGE_SHIFT] as const;
export const DESCRIPTOR_SIZE = 8;
export const TWO_TO_32 = 2 ** 32;
/** Bits 55:32 of an address; above are the ignored bits of a tagged one. */
export const BELOW_TAG = 0x00ff_ffff;
export const VA55 = 1 << (55 - 32);

export const FAULT = -1;

/** Memory attributes as MAIR_EL1 has them. */
export const DEVICE_NGNRNE = 0x00;
export const NORMAL_WRITE_BACK = 0xff;
export const OUTER_SHAREABLE = 2;

/** Whether a descriptor is anything at its level: there are no blocks at levels 0 and 3. */
export function isValid(low: number, level: number): boolean {
  if ((low & VALID) === 0) return false;
  return (low & TABLE_OR_PAGE) !== 0 || level === 1 || level === 2;
}
