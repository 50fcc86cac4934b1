/**
 * What the software CPU says of itself: the registers that identify it and its
 * features (Arm ARM, D17.2). A name that is not here reads as zero: the feature
 * does not exist.
 */

import { mpidrAffinity } from "../vm/mpidr.ts";

/** A value put together from fields: the lowest bit of each, and what is in it. */
function fields(...pairs: readonly (readonly [bit: number, value: number])[]): bigint {
  return pairs.reduce((sum, [bit, value]) => sum | BigInt(value) << BigInt(bit), 0n);
}

/** Said by 4-bit fields of what is missing though Armv8.0 usually has it. */
const NOT_IMPLEMENTED = 0xf;
/** Cache lines, write-back granule and reservation granule: 64 bytes, as the log2 of 4-byte words. */
const LINE = 4;

/** CTR_EL0.IDC and DIC: code that was stored is seen without cache maintenance. */
const IDC = 28;
const DIC = 29;

/** The block that dc zva zeroes: 64 bytes, as the log2 of 4-byte words; DCZID_EL0. */
export const DCZID_BS = 4n;
/** DCZID_EL0: dc zva is not for this exception level. */
export const DCZID_DZP = 1n << 4n;

/** Values by name. */
export const idRegisters: Readonly<Record<string, bigint>> = {
  // Implementer 0 is for software; part number 0x04f, "O"; architecture: see the ID registers.
  midr_el1: fields([16, 0xf], [4, 0x04f]),
  revidr_el1: 0n,
  aidr_el1: 0n,

  id_aa64pfr0_el1: fields(
    [0, 1], // EL0: AArch64 only
    [4, 1], // EL1: AArch64 only; no EL2, no EL3
    [16, NOT_IMPLEMENTED], // FP
    [20, NOT_IMPLEMENTED], // AdvSIMD
    // CSV3: what EL0 may not read is not read for it ahead of time either. Says
    // to a kernel that it need not have tables of its own for EL0.
    [60, 1],
  ),
  id_aa64pfr1_el1: 0n,
  id_aa64dfr0_el1: fields(
    [0, 6], // DebugVer: Armv8.0; no trace, no performance monitors
    [12, 1], // BRPs: 2 breakpoints, the fewest there may be
    [20, 1], // WRPs: 2 watchpoints
  ),
  id_aa64dfr1_el1: 0n,
  id_aa64afr0_el1: 0n,
  id_aa64afr1_el1: 0n,
  id_aa64isar0_el1: fields(
    [16, 1], // CRC32
    [20, 2], // Atomic: FEAT_LSE
  ),
  id_aa64isar1_el1: 0n,
  id_aa64isar2_el1: 0n,
  id_aa64mmfr0_el1: fields(
    [0, 2], // PARange: 40 bits
    [4, 2], // ASIDBits: 16
    // BigEnd and TGran16: not; TGran4 (0) is.
    [24, NOT_IMPLEMENTED], // TGran64
  ),
  id_aa64mmfr1_el1: 0n,
  id_aa64mmfr2_el1: 0n,
  id_aa64zfr0_el1: 0n,
  id_aa64smfr0_el1: 0n,

  // No caches: DC and IC by address have nothing to translate and nothing to fault on (D7.5.9).
  clidr_el1: 0n,
  ccsidr_el1: 0n,
  ctr_el0: fields(
    [0, LINE], // IminLine
    [14, 3], // L1Ip: physically indexed, physically tagged
    [16, LINE], // DminLine
    [20, LINE], // ERG
    [24, LINE], // CWG
    [IDC, 1],
    [DIC, 1],
    [31, 1], // RES1
  ),
};

/** A bit of MPIDR_EL1 that is always 1. */
const MPIDR_RES1 = 1n << 31n;

/** MPIDR_EL1 of a vCPU. */
export function mpidr(vcpuId: number): bigint {
  return MPIDR_RES1 | BigInt(mpidrAffinity(vcpuId));
}
