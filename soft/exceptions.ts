/** Taking exceptions to EL1 and returning from them (Arm ARM, D1.3 and D1.4), and PSTATE as a register. */

import type { CpuState } from "./cpu_state.ts";
import { State } from "./state.ts";

/** Exception classes, ESR_EL1.EC (D17.2.37); where an exception from EL1 has a class of its own, that of EL0. */
export const ExceptionClass = {
  unknown: 0x00,
  wfx: 0x01,
  illegalState: 0x0e,
  svc: 0x15,
  systemRegister: 0x18,
  instructionAbort: 0x20,
  pcAlignment: 0x22,
  dataAbort: 0x24,
  spAlignment: 0x26,
  serror: 0x2f,
  breakpoint: 0x30,
  softwareStep: 0x32,
  watchpoint: 0x34,
  brk: 0x3c,
} as const;

/** FSC of a synchronous external abort that is not on a table walk. */
export const FSC_EXTERNAL_ABORT = 0x10;

/** What happened. */
export interface Exception {
  readonly kind: "sync" | "irq" | "fiq" | "serror";
  /** ESR_EL1.EC: of an exception from EL0 where there are two; the one from EL1 is found here. */
  readonly ec: number;
  /** ESR_EL1.ISS. */
  readonly iss: number;
  /** ESR_EL1.IL: the instruction was a 32-bit one, or none; always so in AArch64. */
  readonly il?: boolean;
  /** FAR_EL1, for exceptions that define it. */
  readonly far?: bigint;
  /** Where the handler is to return to. */
  readonly returnTo: bigint;
}

/** Classes whose next higher one is the same from EL1. */
const HAVE_TWO_CLASSES: readonly number[] = [
  ExceptionClass.instructionAbort,
  ExceptionClass.dataAbort,
  ExceptionClass.breakpoint,
  ExceptionClass.softwareStep,
  ExceptionClass.watchpoint,
];

const EC_SHIFT = 26;
const ESR_IL = 1 << 25;

// The vector table (D1.3.1).
const VECTOR_FROM_EL0 = 0x400;
const VECTOR_FROM_EL1_SP_ELX = 0x200;
const VECTOR_KIND = { sync: 0x000, irq: 0x080, fiq: 0x100, serror: 0x180 } as const;

// PSTATE as SPSR_EL1 and KVM's pstate have it (D17.2.120).
const NZCV_MASK = 0xf000_0000;
const PSTATE_IL = 1 << 20;
const DAIF_MASK = 0x3c0;
const M_AARCH32 = 1 << 4;
const M_EL_SHIFT = 2;
const M_EL0T = 0b0000;
const M_EL1T = 0b0100;
const M_EL1H = 0b0101;
const M_MASK = 0x1f;

/** PSTATE at reset: EL1h, all masked (VCPU_RESET_PSTATE_EL1 of the kernel). */
export const RESET_PSTATE = BigInt(DAIF_MASK | M_EL1H);

const NOTHING_WATCHED = 0xffff_ffff_ffff_ffffn;

const TCR_TBI0 = 1n << 37n;
const TCR_TBI1 = 1n << 38n;
const ADDRESS_BITS_UNDER_TAG = 56;

/** Takes an exception to EL1 (AArch64.TakeException). */
export function takeException(cpu: CpuState, exception: Exception): void {
  const { kind, ec, iss, il = true, far, returnTo } = exception;
  const isFromEl1 = cpu.el === 1;
  const base = isFromEl1 ? (cpu.spsel === 1 ? VECTOR_FROM_EL1_SP_ELX : 0) : VECTOR_FROM_EL0;
  cpu.setStored("spsr_el1", pstate(cpu));
  cpu.setStored("elr_el1", returnTo);
  // Interrupts leave the syndrome alone.
  if (kind === "sync" || kind === "serror") {
    const own = isFromEl1 && HAVE_TWO_CLASSES.includes(ec) ? ec + 1 : ec;
    const esr = (own << EC_SHIFT) | (il ? ESR_IL : 0) | iss;
    cpu.setStored("esr_el1", BigInt(esr >>> 0));
  }
  if (far !== undefined) cpu.setStored("far_el1", far);
  setIllegalState(cpu, false);
  cpu.setMode(1, 1);
  cpu.daif = DAIF_MASK;
  const vector = cpu.stored("vbar_el1") + BigInt(base + VECTOR_KIND[kind]);
  cpu.pc = branchAddress(cpu, BigInt.asUintN(64, vector));
}

/** Takes an Undefined Instruction exception from the instruction at the PC. */
export function takeUndefined(cpu: CpuState): void {
  takeException(cpu, { kind: "sync", ec: ExceptionClass.unknown, iss: 0, returnTo: cpu.pc });
}

/** Takes the Illegal Execution state exception that the instruction at the PC meets (D1.4.3). */
export function takeIllegalState(cpu: CpuState): void {
  takeException(cpu, { kind: "sync", ec: ExceptionClass.illegalState, iss: 0, returnTo: cpu.pc });
}

/** Returns from an exception (eret at EL1, AArch64.ExceptionReturn). */
export function exceptionReturn(cpu: CpuState): void {
  const spsr = Number(BigInt.asUintN(32, cpu.stored("spsr_el1")));
  const target = cpu.stored("elr_el1");
  if (isMode(spsr & M_MASK)) {
    setIllegalState(cpu, (spsr & PSTATE_IL) !== 0);
    setModeFrom(cpu, spsr);
  } else {
    // The exception level and stack stay; the flags and masks below do not (D1.4.2).
    setIllegalState(cpu, true);
  }
  cpu.nzcv = (spsr & NZCV_MASK) >>> 0;
  cpu.daif = spsr & DAIF_MASK;
  cpu.u64[State.EXCLUSIVE_ADDRESS / 8] = NOTHING_WATCHED;
  cpu.pc = branchAddress(cpu, target);
}

/** PSTATE, as SPSR_EL1 has it and as KVM's `pstate`. */
export function pstate(cpu: CpuState): bigint {
  const mode = cpu.el === 0 ? M_EL0T : M_EL1T | cpu.spsel;
  const il = illegalState(cpu) ? PSTATE_IL : 0;
  return BigInt((cpu.nzcv | il | cpu.daif | mode) >>> 0);
}

/** Sets PSTATE from such a value, which {@linkcode isPstate} must approve of. */
export function setPstate(cpu: CpuState, value: bigint): void {
  const bits = Number(BigInt.asUintN(32, value));
  setModeFrom(cpu, bits);
  setIllegalState(cpu, (bits & PSTATE_IL) !== 0);
  cpu.nzcv = (bits & NZCV_MASK) >>> 0;
  cpu.daif = bits & DAIF_MASK;
}

/** Whether a value names a mode that there is: EL0t, EL1t or EL1h. */
export function isPstate(value: bigint): boolean {
  return isMode(Number(value & BigInt(M_MASK)));
}

/** PSTATE.IL: every instruction raises an exception. */
export function illegalState(cpu: CpuState): boolean {
  return cpu.u32[State.IL / 4] !== 0;
}

/** Where a branch to an address goes: a tag that is ignored does not reach the PC (AArch64.BranchAddr). */
export function branchAddress(cpu: CpuState, target: bigint): bigint {
  const isUpper = ((target >> BigInt(ADDRESS_BITS_UNDER_TAG - 1)) & 1n) !== 0n;
  const isTagged = (cpu.stored("tcr_el1") & (isUpper ? TCR_TBI1 : TCR_TBI0)) !== 0n;
  return isTagged ? BigInt.asUintN(64, BigInt.asIntN(ADDRESS_BITS_UNDER_TAG, target)) : target;
}

function setIllegalState(cpu: CpuState, isIllegal: boolean): void {
  cpu.u32[State.IL / 4] = Number(isIllegal);
}

function isMode(mode: number): boolean {
  return (mode & M_AARCH32) === 0 && [M_EL0T, M_EL1T, M_EL1H].includes(mode);
}

function setModeFrom(cpu: CpuState, spsr: number): void {
  cpu.setMode((spsr >> M_EL_SHIFT) & 3, spsr & 1);
}
