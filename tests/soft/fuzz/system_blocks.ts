/** System instructions, and what is done with system registers. */

import type { SystemRegister } from "../../../kvm/system_registers.ts";
import { presetNowhere } from "./branch_blocks.ts";
import { optionalSctlr, STACK_POINTER } from "./case.ts";
import { encode } from "./fields.ts";
import { chooseAddress, chooseSharedAligned } from "./memory_blocks.ts";
import { addPlain, type Block } from "./plain_blocks.ts";
import { rowNamed } from "./rows.ts";
import type { Sequence } from "./sequence.ts";
import {
  addressInstructions,
  chooseHypercall,
  chooseRead,
  chooseWrite,
  isLegalReturn,
  otherInstructions,
  returnState,
  takesAnyAddress,
  unallocated,
} from "./system_words.ts";
import { randomValue } from "./values.ts";

const CTR_EL0: SystemRegister = [3, 3, 0, 0, 1];

/**
 * A return from an exception that there was not, forward, to any mode. An
 * illegal one has no tag in its address: QEMU's CPUs do not take it away there.
 */
export const addExceptionReturn: Block = (s, row) => {
  const state = s.setting.mode === "EL0t" ? undefined : s.fresh();
  if (state !== undefined) {
    const value = returnState(s.random);
    s.preset(state, value);
    const isLegal = isLegalReturn(value);
    const astray = isLegal && s.random.percent(6) ? presetNowhere(s) : undefined;
    const target = astray ?? s.target({ tagged: isLegal });
    if (target === undefined) return;
    move(s, "msr", [3, 0, 4, 0, 0], state);
    move(s, "msr", [3, 0, 4, 0, 1], target);
    s.mayBeEl0 = true;
  }
  s.emit(row, row.value >>> 0);
  s.markWritten(STACK_POINTER);
};

/** A return from an exception to the next instruction; whether there is one. */
export function addReturnHere(s: Sequence): boolean {
  const state = s.setting.mode === "EL0t" ? undefined : s.fresh();
  if (state === undefined) return false;
  s.preset(state, returnState(s.random));
  const link = s.fresh();
  if (link === undefined) return false;
  move(s, "msr", [3, 0, 4, 0, 0], state);
  move(s, "msr", [3, 0, 4, 0, 1], link);
  s.mayBeEl0 = true;
  const eret = rowNamed("eret");
  s.emit(eret, eret.value >>> 0);
  s.markWritten(STACK_POINTER);
  s.preset(link, BigInt(4 * s.code.length), true);
  return true;
}

/** Adds mrs, msr, sys or sysl. */
function move(
  s: Sequence,
  name: string,
  [op0, op1, crn, crm, op2]: SystemRegister,
  rt: number,
): void {
  const row = rowNamed(name);
  s.emit(row, encode(row, { o0: op0 & 1, op1, crn, crm, op2, rt }));
}

export const addWrite: Block = (s) => {
  const { fields, value } = chooseWrite(s.random);
  const register = s.fresh();
  if (register === undefined) return;
  s.preset(register, value);
  move(s, "msr", fields, register);
  // The other stack pointer may be in use from here on.
  s.markWritten(STACK_POINTER);
};

export const addRead: Block = (s) => {
  const traps = s.setting.mode === "EL0t" && (s.setting.sctlr & optionalSctlr.UCT) === 0;
  // What CTR_EL0 holds is the CPU's own business.
  const fields = traps && s.random.percent(10) ? CTR_EL0 : chooseRead(s.random);
  move(s, "mrs", fields, s.data());
};

export const addSys: Block = (s) => {
  const kind = s.random.below(10);
  if (kind === 0) return move(s, "sys", unallocated(s.random, 1), s.data());
  if (kind < 4) return move(s, "sys", s.random.pick(otherInstructions), s.data());
  const fields = s.random.pick(addressInstructions);
  const address = takesAnyAddress(fields)
    ? s.random.percent(90) ? chooseAddress(s.random, 8, false) : randomValue(s.random)
    : chooseSharedAligned(s, 4);
  const register = s.fresh();
  if (register === undefined) return;
  s.preset(register, address);
  move(s, "sys", fields, register);
};

export const addSysl: Block = (s) => move(s, "sysl", unallocated(s.random, 1), s.data());

/**
 * DAIFSet, DAIFClr, SPSel, and what does not exist; not PAN, UAO, SSBS, DIT and
 * TCO. DAIF not where it is trapped: QEMU's CPUs mix up op1 and op2 in the syndrome.
 */
export const addPstate: Block = (s, row) => {
  const traps = s.mayBeEl0 && (s.setting.sctlr & optionalSctlr.UMA) === 0;
  const daif = [[3, 6], [3, 7]] as const, others = [[0, 5], [2, 1], [6, 3]] as const;
  const pick = () => s.random.percent(60) ? s.random.pick(daif) : s.random.pick(others);
  const [op1, op2] = traps ? s.random.pick(others) : pick();
  s.emit(row, encode(row, { op1, op2, crm: s.random.below(16) }));
  s.markWritten(STACK_POINTER);
};

export const addHypercall: Block = (s, row) => {
  const registers = [0, 1, 2];
  if (registers.every((register) => s.isFresh(register))) {
    chooseHypercall(s.random).forEach((value, register) => s.preset(register, value));
    addPlain(s, row);
  } else if (s.setting.mode === "EL0t") addPlain(s, row);
  for (const register of [...registers, 3]) s.markWritten(register);
};

/** KVM answers that it does not know the call. */
export const addMonitorCall: Block = (s, row) => {
  addPlain(s, row);
  s.markWritten(0);
};

/** Waiting is left out, for nothing would end it: only where it is a trap. */
export const addWait: Block = (s, row) => {
  const traps = s.setting.mode === "EL0t" && (s.setting.sctlr & optionalSctlr.nTWI) === 0;
  if (traps) s.emit(row, row.value >>> 0);
};
