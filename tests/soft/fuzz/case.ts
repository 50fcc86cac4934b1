/** A case: a sequence of instructions and what the registers hold before it. */

/** The exception level and stack pointer that a case starts with, by PSTATE.M[3:0]. */
export const modes = { EL0t: 0b0000, EL1t: 0b0100, EL1h: 0b0101 } as const;
export type Mode = keyof typeof modes;
export const modeNames = Object.keys(modes) as Mode[];

/** The number of the stack pointer among registers that may have a preset. */
export const STACK_POINTER = 31;

/** A register that does not hold what the fill gives it. */
export interface Preset {
  /** X0 to X30, or 31: the stack pointer of the mode. */
  readonly register: number;
  readonly value: bigint;
  /** The value is relative to the first instruction. */
  readonly relative: boolean;
}

/** One case. */
export interface Case {
  readonly mode: Mode;
  /** N, Z, C and V. */
  readonly nzcv: number;
  /** Bits of SCTLR_EL1 beside the usual ones, of {@linkcode optionalSctlr}. */
  readonly sctlr: number;
  /** The top byte of an address is a tag, and does not count (TCR_EL1.TBI0, TBI1). */
  readonly tagged: boolean;
  /** The seed of the registers without preset. */
  readonly fill: number;
  readonly presets: readonly Preset[];
  /** The instructions; `svc #0xfeed` follows. */
  readonly code: readonly number[];
}

/** Bits of SCTLR_EL1 that cases may have or not (Arm ARM D17.2.118). */
export const optionalSctlr = {
  /** Every access must be aligned. */
  A: 1 << 1,
  /** EL0 may change DAIF. */
  UMA: 1 << 9,
  /** EL0 may use dc zva. */
  DZE: 1 << 14,
  /** EL0 may read CTR_EL0. */
  UCT: 1 << 15,
  /** EL0 may wait with wfi. */
  nTWI: 1 << 16,
  /** EL0 may maintain caches. */
  UCI: 1 << 26,
} as const;
