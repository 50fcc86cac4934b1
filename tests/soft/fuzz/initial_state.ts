/** What registers hold before a case. */

import { type Case, modes, STACK_POINTER } from "./case.ts";
import type { inputFields } from "./layout.ts";
import { fillRegisters } from "./values.ts";

/** TCR_EL1. Both halves: 48 bits, 4 KiB granule, tables cached, inner shareable; 40-bit physical addresses. */
export const TCR = 0x0002_0000_0000n | 0xb510_3510n;
/** TBI0 and TBI1. */
const TCR_TAGGED = 3n << 37n;
/** SCTLR_EL1: M, C, I, nTWE, and the bits that are RES1 in Armv8.0. */
export const SCTLR = 0x30d0_0800 | 1 | 1 << 2 | 1 << 12 | 1 << 18;
/** PSTATE.DAIF: all masked. */
const DAIF = 0xf << 6;

/** What registers hold before a case. */
export type InitialState = Readonly<Record<typeof inputFields[number], bigint>> & {
  /** X0 to X30. */
  readonly x: readonly bigint[];
};

/** Works out what registers hold before a case whose code is at an address. */
export function initialState(one: Case, address: number): InitialState {
  const { mode, nzcv, sctlr, tagged, fill, presets } = one;
  const filled = fillRegisters(fill);
  const registers = [...filled.x, filled.stackPointers[0]];
  for (const { register, value, relative } of presets) {
    registers[register] = BigInt.asUintN(64, relative ? value + BigInt(address) : value);
  }
  const current = registers[STACK_POINTER]!;
  const other = filled.stackPointers[1];
  return {
    x: registers.slice(0, STACK_POINTER),
    sp_el0: mode === "EL1h" ? other : current,
    sp_el1: mode === "EL1h" ? current : other,
    spsr_el1: BigInt((nzcv << 28 | DAIF | modes[mode]) >>> 0),
    elr_el1: BigInt(address),
    sctlr_el1: BigInt(SCTLR | sctlr),
    tcr_el1: tagged ? TCR | TCR_TAGGED : TCR,
    tpidr_el0: filled.tpidr_el0,
    tpidrro_el0: filled.tpidrro_el0,
  };
}
