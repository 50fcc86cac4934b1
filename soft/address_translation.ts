/** AT: the translation of an address as data, in PAR_EL1 (Arm ARM, D17.2.106). */

import type { CpuState } from "./cpu_state.ts";
import type { AccessKind, Mmu } from "./mmu.ts";

// PAR_EL1.
const PAR_FAULT = 1n << 0n;
const PAR_FST_SHIFT = 1n;
const PAR_SH_SHIFT = 7n;
/** UNKNOWN from Non-secure state, but set by the CPUs that Orchid is compared with. */
const PAR_NS = 1n << 9n;
const PAR_RES1 = 1n << 11n;
const PAR_PAGE_MASK = ~0xfffn;
const PAR_ATTR_SHIFT = 56n;

const OUTER_SHAREABLE = 2;
const NORMAL_NON_CACHEABLE = 0x44;

/**
 * Translates an address as an access would, and puts what comes of it into PAR_EL1.
 *
 * @returns False, with PAR_EL1 untouched, if a table lies outside memory: then
 * the instruction itself takes an external abort.
 */
export function at(cpu: CpuState, mmu: Mmu, va: bigint, access: AccessKind, el: 0 | 1): boolean {
  const hi = Number(va >> 32n), lo = Number(va & 0xffff_ffffn);
  const physAddr = mmu.translate(hi, lo, access, el);
  if (physAddr >= 0) cpu.setStored("par_el1", translated(mmu, BigInt(physAddr)));
  else if (mmu.faultIsTableWalk) return false;
  else cpu.setStored("par_el1", PAR_RES1 | BigInt(mmu.faultStatus) << PAR_FST_SHIFT | PAR_FAULT);
  return true;
}

function translated(mmu: Mmu, physAddr: bigint): bigint {
  const { attributes, shareability, isDevice } = mmu;
  // What is not cached at all is always shared with all.
  const isShared = isDevice || attributes === NORMAL_NON_CACHEABLE;
  const sh = isShared ? OUTER_SHAREABLE : shareability;
  return BigInt(attributes) << PAR_ATTR_SHIFT | (physAddr & PAR_PAGE_MASK) | PAR_RES1 | PAR_NS |
    BigInt(sh) << PAR_SH_SHIFT;
}
