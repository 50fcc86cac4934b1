/**
 * System registers and instructions that sequences use.
 *
 * Left out, because a CPU may answer as it likes, or because an answer would
 * break the comparison:
 *
 * - identification (MIDR_EL1, ID_*, CTR_EL0, CCSIDR_EL1, MPIDR_EL1 …), counters
 *   and timers: the software CPU is another CPU;
 * - what belongs to extensions of Armv8.1 and later that the Cortex-A76 of the
 *   box has (PAN, UAO, SSBS, RAS, LORegions, pointers to SVE …) and the software
 *   CPU has not;
 * - IMPLEMENTATION DEFINED registers, ACTLR_EL1, AMAIR_EL1, performance monitors, debug;
 * - writes to what the driver stands on: SCTLR_EL1, TCR_EL1, TTBRn_EL1,
 *   MAIR_EL1, VBAR_EL1, CPACR_EL1;
 * - cache maintenance by set and way, which KVM carries out in ways of its own;
 * - DC and IC by address where they would fault: QEMU's CPUs never do, real ones may;
 * - wfi where it waits, hypercalls that end or suspend the vCPU, and those that
 *   only KVM has (its vendor calls, TRNG, stolen time, ARCH_FEATURES).
 *
 * @module
 */

import type { SystemRegister } from "../../../kvm/system_registers.ts";
import { systemRegisters } from "../../../kvm/system_registers.ts";
import { findRegister } from "../../../soft/system_registers.ts";
import type { Random } from "./random.ts";
import { randomValue } from "./values.ts";

/** Bits of SPSR_EL1 that every CPU has: the flags, SS, IL, DAIF, and M but for AArch32. */
const SPSR_MASK = 0xf030_03cfn;
/** The values of M that a return may have. */
const RETURN_MODES = [0b0000n, 0b0100n, 0b0101n];

/** A register that sequences write, and what. */
interface Writable {
  readonly fields: SystemRegister;
  readonly value: (random: Random) => bigint;
}

const word = (random: Random) => randomValue(random) & 0xffff_ffffn;

/** Registers that are written, and read back. */
const writable: readonly Writable[] = [
  { fields: [3, 0, 13, 0, 4], value: randomValue }, // TPIDR_EL1
  { fields: [3, 3, 13, 0, 2], value: randomValue }, // TPIDR_EL0
  { fields: [3, 3, 13, 0, 3], value: randomValue }, // TPIDRRO_EL0
  { fields: [3, 0, 13, 0, 1], value: word }, // CONTEXTIDR_EL1
  { fields: [3, 0, 6, 0, 0], value: randomValue }, // FAR_EL1
  { fields: [3, 0, 5, 2, 0], value: word }, // ESR_EL1
  { fields: [3, 0, 4, 0, 1], value: randomValue }, // ELR_EL1
  { fields: [3, 0, 4, 0, 0], value: (random) => randomValue(random) & SPSR_MASK }, // SPSR_EL1
  { fields: [3, 0, 4, 1, 0], value: randomValue }, // SP_EL0
  { fields: [3, 0, 4, 2, 0], value: randomValue }, // SPSel
  { fields: [3, 3, 4, 2, 0], value: randomValue }, // NZCV
  { fields: [3, 3, 4, 2, 1], value: randomValue }, // DAIF
  { fields: [3, 2, 0, 0, 0], value: randomValue }, // CSSELR_EL1
];

/** Registers that are only read. */
const readable: readonly SystemRegister[] = [
  [3, 0, 4, 2, 2], // CurrentEL
  [3, 0, 12, 0, 0], // VBAR_EL1
  [3, 0, 2, 0, 0], // TTBR0_EL1
  [3, 0, 2, 0, 1], // TTBR1_EL1
  [3, 0, 2, 0, 2], // TCR_EL1
  [3, 0, 10, 2, 0], // MAIR_EL1
  [3, 0, 1, 0, 0], // SCTLR_EL1
  [3, 0, 1, 0, 2], // CPACR_EL1
  [3, 0, 7, 4, 0], // PAR_EL1
  [3, 3, 0, 0, 7], // DCZID_EL0
];

/** Registers that cannot be written, or not be read: undefined. */
const readOnly: readonly SystemRegister[] = [
  [3, 0, 0, 0, 0], // MIDR_EL1
  [3, 0, 0, 0, 5], // MPIDR_EL1
  [3, 0, 0, 4, 0], // ID_AA64PFR0_EL1
  [3, 0, 4, 2, 2], // CurrentEL
  [3, 3, 0, 0, 7], // DCZID_EL0
];

/** Maintenance and address translation that take an address, for EL1 but where EL0 is named. */
export const addressInstructions: readonly SystemRegister[] = [
  [1, 3, 7, 5, 1], // IC IVAU, also for EL0
  [1, 3, 7, 10, 1], // DC CVAC, also for EL0
  [1, 3, 7, 11, 1], // DC CVAU, also for EL0
  [1, 3, 7, 14, 1], // DC CIVAC, also for EL0
  [1, 0, 7, 6, 1], // DC IVAC
  ...[0, 1, 2, 3].map((op2): SystemRegister => [1, 0, 7, 8, op2]), // AT S1E1R, S1E1W, S1E0R, S1E0W
];

/** Those of {@linkcode addressInstructions} that may meet any address. */
export function takesAnyAddress([, , crn, crm]: SystemRegister): boolean {
  return crn === 7 && crm === 8;
}

/** Maintenance of all there is: TLBI of EL1, IC IALLU. */
export const otherInstructions: readonly SystemRegister[] = [
  ...[3, 7].flatMap((crm) => [0, 1, 2, 3, 5, 7].map((op2): SystemRegister => [1, 0, 8, crm, op2])),
  [1, 0, 7, 1, 0],
  [1, 0, 7, 5, 0],
];

/** A register to write, with a value; sometimes one that cannot be written. */
export function chooseWrite(random: Random): { fields: SystemRegister; value: bigint } {
  const { fields, value } = random.pick(writable);
  if (random.percent(4)) return { fields: random.pick(readOnly), value: randomValue(random) };
  if (random.percent(4)) return { fields: unallocated(random, 2), value: randomValue(random) };
  return { fields, value: value(random) };
}

/** A register to read; sometimes one that does not exist. */
export function chooseRead(random: Random): SystemRegister {
  if (random.percent(7)) return unallocated(random, 2);
  return random.percent(50) ? random.pick(readable) : random.pick(writable).fields;
}

const known = new Set(Object.values(systemRegisters()).map((fields) => fields.join()));

/** A place among system registers (`op0` 2) or instructions (1) where no version of the architecture has anything. */
export function unallocated(random: Random, op0: 1 | 2): SystemRegister {
  for (;;) {
    const fields = [
      op0 === 1 ? 1 : 2 + random.below(2),
      random.below(8),
      random.below(16),
      random.below(16),
      random.below(8),
    ] as const;
    if (isUnallocated(fields)) return fields;
  }
}

function isUnallocated(fields: SystemRegister): boolean {
  const [op0, op1, crn, crm, op2] = fields;
  if (op0 === 1) return ![2, 7, 8, 9, 11, 15].includes(crn);
  const encoding = op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2;
  if (known.has(fields.join()) || findRegister(encoding) !== undefined) return false;
  // FPCR, FPSR and what may come next to them: the box's CPU has them.
  if (op1 === 3 && crn === 4 && crm === 4) return false;
  // Identification, implementation defined registers, performance monitors,
  // GIC, timers, extensions and what may come next to them: not asked for.
  return ![0, 9, 11, 12, 13, 14, 15].includes(crn);
}

/** Whether a return with a value of SPSR_EL1 is to a mode that there is (Arm ARM, AArch64.IllegalExceptionReturn). */
export function isLegalReturn(state: bigint): boolean {
  return RETURN_MODES.includes(state & 0x1fn);
}

/** A value for SPSR_EL1 with which to return: mostly to a mode that there is. */
export function returnState(random: Random): bigint {
  const bits = random.u64() & SPSR_MASK;
  const illegal = random.percent(10) ? bits : bits & ~(1n << 20n);
  return random.percent(80) ? illegal & ~0x1fn | random.pick(RETURN_MODES) : illegal;
}

/** Hypercalls: X0, X1 and X2. */
export function chooseHypercall(random: Random): readonly [bigint, bigint, bigint] {
  const any = randomValue(random);
  return random.pick([
    [0x8400_0000n, any, any], // PSCI_VERSION
    [0x8400_000an, BigInt(0x8400_0000 + random.below(24)), any], // PSCI_FEATURES
    [0x8400_000an, BigInt(0xc400_0000 + random.below(24)), any],
    [0x8400_0006n, any, any], // MIGRATE_INFO_TYPE
    [random.pick([0x8400_0004n, 0xc400_0004n]), random.pick([0n, any]), BigInt(random.below(5))], // AFFINITY_INFO
    [random.pick([0x8400_0003n, 0xc400_0003n]), random.pick([0x8000_0000n, 0n, any | 1n]), any], // CPU_ON
    [0x8000_0000n, any, any], // SMCCC_VERSION
    [0x8200_0000n | BigInt(random.u32() & 0xffff), any, any],
    [0xdead_0000_0000_0000n | BigInt(random.u32() >>> 8), any, any],
  ]);
}
