/** How a system register of the software CPU is described. */

import { registerId, sysReg } from "../kvm/registers.ts";
import type { SystemRegister } from "../kvm/system_registers.ts";
import { systemRegisters } from "../kvm/system_registers.ts";
import type { CpuState } from "./cpu_state.ts";
import type { GenericTimer } from "./generic_timer.ts";
import type { StoredRegister } from "./state.ts";
import { SystemResult } from "./system_result.ts";

/** What registers are read from and written to. */
export interface RegisterBank {
  readonly cpu: CpuState;
  readonly timer: GenericTimer;
  /** The number of the vCPU. */
  readonly vcpuId: number;
  /** Values of registers that have no place in the vCPU's state, by name. */
  readonly extra: Map<string, bigint>;
}

/** A system register. */
export interface RegisterRow {
  readonly name: string;
  /** op0, op1, CRn, CRm and op2, as in the low bits of KVM's register IDs. */
  readonly encoding: number;
  /** Absent where MRS is UNDEFINED. */
  readonly read?: (bank: RegisterBank) => bigint;
  /** Absent where MSR is UNDEFINED. */
  readonly write?: (bank: RegisterBank, value: bigint) => void;
  /** What EL0 may do, where it is not trapped. */
  readonly el0: "" | "r" | "rw";
  /** Whether an access from EL0 is trapped to EL1. */
  readonly isTrapped?: (cpu: CpuState) => boolean;
  /** Whether the register is not there just now. */
  readonly isAbsent?: (cpu: CpuState) => boolean;
  /** What else a write changes. */
  readonly changes: SystemResult;
  /** The value at reset, of a register that is stored. */
  readonly reset?: bigint;
  /** Whether KVM lists it among a vCPU's registers. */
  readonly isListed: boolean;
}

/** What is usual of a register, where a row says nothing else. */
const usual = { el0: "", changes: SystemResult.go, isListed: true } as const;

/** What a row may say besides its name and kind. */
export type RowOptions = Partial<Omit<RegisterRow, "name" | "encoding">>;

const ENCODING_MASK = 0xffffn;
const ALL_BITS = 0xffff_ffff_ffff_ffffn;

/** KVM's value at reset for registers that the architecture leaves UNKNOWN (reset_unknown of the kernel): conspicuous. */
export const UNKNOWN = 0x1de7_ec7e_dbad_c0den;

/** The encoding of a register: by its fields, or by name where kvm/system_registers.ts has it. */
export function encodingOf(register: string | SystemRegister): number {
  const fields = typeof register === "string" ? systemRegisters()[register] : register;
  const id = fields === undefined ? registerId(register as string) : sysReg(...fields);
  return Number(id & ENCODING_MASK);
}

/** A register with effects, or one that is computed. */
export function special(
  name: string,
  options: RowOptions,
  fields: string | SystemRegister = name,
): RegisterRow {
  return { ...usual, ...options, name, encoding: encodingOf(fields) };
}

/** A register that keeps what is written to it, in the vCPU's state. */
export function stored(
  name: StoredRegister,
  options: RowOptions & { mask?: bigint; fields?: SystemRegister } = {},
): RegisterRow {
  const { mask = ALL_BITS, fields = name, ...rest } = options;
  return special(name, {
    reset: 0n,
    read: ({ cpu }) => cpu.stored(name),
    write: ({ cpu }, value) => cpu.setStored(name, value & mask),
    ...rest,
  }, fields);
}

/** A register that keeps what is written to it, beside the vCPU's state. */
export function extra(name: string, mask: bigint = ALL_BITS): RegisterRow {
  return special(name, {
    read: ({ extra }) => extra.get(name) ?? 0n,
    write: ({ extra }, value) => void extra.set(name, value & mask),
  });
}

/** A register that cannot be written and never changes. */
export function constant(name: string, value: bigint, options: RowOptions = {}): RegisterRow {
  return special(name, { read: () => value, ...options });
}

/** A register that exists and does nothing: it reads as zero, and writes are ignored. */
export function nothing(name: string, options: RowOptions = {}): RegisterRow {
  return special(name, { read: () => 0n, write: () => {}, ...options });
}
