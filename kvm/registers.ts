/**
 * KVM register IDs for arm64, put together and taken apart, and their names.
 *
 * An ID says architecture, size and class (Linux Documentation/virt/kvm/api.rst,
 * section 4.68, and asm/kvm.h); what follows depends on the class: an offset
 * into struct kvm_regs, a system register's five fields, or a plain number.
 *
 * @module
 */

import { OrchidError } from "../vm/error.ts";
import { once } from "../vm/once.ts";
import { kvm_regs } from "./structs.ts";
import { type SystemRegister, systemRegisters } from "./system_registers.ts";
import {
  KVM_REG_ARCH_MASK,
  KVM_REG_ARM64,
  KVM_REG_ARM64_SYSREG,
  KVM_REG_ARM_COPROC_MASK,
  KVM_REG_ARM_CORE,
  KVM_REG_ARM_DEMUX,
  KVM_REG_ARM_FW,
  KVM_REG_ARM_FW_FEAT_BMAP,
  KVM_REG_SIZE_MASK,
  KVM_REG_SIZE_SHIFT,
  KVM_REG_SIZE_U128,
  KVM_REG_SIZE_U32,
  KVM_REG_SIZE_U64,
} from "./uapi.ts";

/** A register name that stands for nothing. */
export class RegisterNameError extends OrchidError {}

/** The size of a register in bytes, which its ID carries. */
export function registerSize(id: bigint): number {
  return 1 << Number((id & KVM_REG_SIZE_MASK) >> BigInt(KVM_REG_SIZE_SHIFT));
}

/**
 * The ID of a core register.
 *
 * @param offset Its byte offset in struct kvm_regs; the size follows from it.
 */
export function coreReg(offset: number): bigint {
  const { "fp_regs": vregs, "fp_regs.fpsr": fpsr } = kvm_regs.offset;
  const size = offset < vregs
    ? KVM_REG_SIZE_U64
    : offset < fpsr
    ? KVM_REG_SIZE_U128
    : KVM_REG_SIZE_U32;
  return KVM_REG_ARM64 | size | KVM_REG_ARM_CORE | BigInt(offset / 4);
}

/** The ID of a system register by the fields of its MRS and MSR instructions. */
export function sysReg(op0: number, op1: number, crn: number, crm: number, op2: number): bigint {
  const fields = (op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2;
  return KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG | BigInt(fields);
}

/** The fields of a system register's ID; the inverse of {@linkcode sysReg}. */
export function sysRegFields(id: bigint): SystemRegister {
  const fields = Number(id & 0xffffn);
  return [fields >> 14, (fields >> 11) & 7, (fields >> 7) & 15, (fields >> 3) & 15, fields & 7];
}

/** The ID of a pseudo-register of KVM's as firmware (KVM_REG_ARM_FW_REG). */
export function firmwareReg(number: number): bigint {
  return KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_FW | BigInt(number);
}

/** The ID of a bitmap of the firmware's services (KVM_REG_ARM_FW_FEAT_BMAP_REG). */
export function firmwareBitmapReg(number: number): bigint {
  return KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_FW_FEAT_BMAP | BigInt(number);
}

/** The ID of the CCSIDR for one value of CSSELR. */
export function ccsidrReg(csselr: number): bigint {
  return KVM_REG_ARM64 | KVM_REG_SIZE_U32 | KVM_REG_ARM_DEMUX | BigInt(csselr);
}

/** Where struct kvm_regs has the core registers that are there once. */
const single: ReadonlyMap<string, RegisterArray["at"]> = new Map([
  // The kernel's name; to the architecture this is SP_EL0.
  ["sp", "regs.sp"],
  ["pc", "regs.pc"],
  ["pstate", "regs.pstate"],
  ["sp_el1", "sp_el1"],
  ["elr_el1", "elr_el1"],
  ["fpsr", "fp_regs.fpsr"],
  ["fpcr", "fp_regs.fpcr"],
]);

/** Registers that are an array in there. */
interface RegisterArray {
  readonly at: keyof typeof kvm_regs.offset;
  readonly names: readonly string[];
}

const arrays = once((): readonly RegisterArray[] => [
  { at: "regs.regs", names: numbered("x", 31) },
  { at: "spsr", names: ["spsr_el1", "spsr_abt", "spsr_und", "spsr_irq", "spsr_fiq"] },
  { at: "fp_regs.vregs", names: numbered("v", 32) },
]);

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i}`);
}

/** The byte offset of a core register in struct kvm_regs; nothing if there is none of that name. */
function coreOffset(name: string): number | undefined {
  const { offset, width } = kvm_regs;
  const path = single.get(name);
  if (path !== undefined) return offset[path];
  const array = arrays().find(({ names }) => names.includes(name));
  return array && offset[array.at] + array.names.indexOf(name) * width[array.at];
}

// The kernel gave these two each other's encoding, and it is too late to mend
// (asm/kvm.h, KVM_REG_ARM_TIMER_CVAL): the ID that reads as CNTV_CVAL_EL0 holds
// the counter, and the ID that reads as CNTVCT_EL0's view holds the compare value.
const timers: ReadonlyMap<string, SystemRegister> = new Map([
  ["cntv_ctl_el0", [3, 3, 14, 3, 1]],
  ["cntv_cval_el0", [3, 3, 14, 0, 2]],
  ["cntvct_el0", [3, 3, 14, 3, 2]],
  ["cntp_ctl_el0", [3, 3, 14, 2, 1]],
  ["cntp_cval_el0", [3, 3, 14, 2, 2]],
  ["cntpct_el0", [3, 3, 14, 0, 1]],
]);

/** The pseudo-registers of KVM's as firmware, by their numbers. */
const firmware = [
  "psci_version",
  "smccc_arch_workaround_1",
  "smccc_arch_workaround_2",
  "smccc_arch_workaround_3",
];

/** The bitmaps of the firmware's services, by their numbers. */
const firmwareBitmaps = ["std_bmap", "std_hyp_bmap", "vendor_hyp_bmap"];

/** Other names of registers that have one already. */
const aliases: ReadonlyMap<string, string> = new Map([["sp_el0", "sp"]]);

/** Names by ID. Hundreds of them, which a program that only sets a few registers can do without. */
const names = once((): ReadonlyMap<bigint, string> => {
  const core = [...single.keys(), ...arrays().flatMap(({ names }) => names)];
  const others = [...core, ...timers.keys(), ...firmware, ...firmwareBitmaps];
  return new Map([
    ...Object.entries(systemRegisters()).map(
      ([name, fields]): [bigint, string] => [sysReg(...fields), name],
    ),
    ...others.map((name): [bigint, string] => [registerId(name), name]),
  ]);
});

/** A system register without a name here, as the assembler takes it. */
const GENERIC_NAME = /^s([23])_([0-7])_c(1[0-5]|\d)_c(1[0-5]|\d)_([0-7])$/;
const CCSIDR_NAME = /^ccsidr\[(\d{1,2})\]$/;

/**
 * The ID of a register by name: `x0`, `pc`, `v3`, `vbar_el1`, `cntv_ctl_el0`,
 * `psci_version`, or `s3_0_c12_c0_0` for any system register.
 *
 * @throws {RegisterNameError} if there is no such name.
 */
export function registerId(name: string): bigint {
  const alias = name.toLowerCase(), lower = aliases.get(alias) ?? alias;
  const offset = coreOffset(lower);
  if (offset !== undefined) return coreReg(offset);
  const timer = timers.get(lower);
  if (timer !== undefined) return sysReg(...timer);
  if (firmware.includes(lower)) return firmwareReg(firmware.indexOf(lower));
  if (firmwareBitmaps.includes(lower)) return firmwareBitmapReg(firmwareBitmaps.indexOf(lower));
  if (Object.hasOwn(systemRegisters(), lower)) return sysReg(...systemRegisters()[lower]!);
  const generic = GENERIC_NAME.exec(lower);
  if (generic !== null) {
    return sysReg(...generic.slice(1).map(Number) as unknown as SystemRegister);
  }
  const ccsidr = CCSIDR_NAME.exec(lower);
  if (ccsidr !== null) return ccsidrReg(Number(ccsidr[1]));
  throw new RegisterNameError(
    `there is no register "${name}"; names are like x0, pc, v3, vbar_el1 or s3_0_c12_c0_0`,
  );
}

/** The name of a register by ID, the inverse of {@linkcode registerId}; an ID of no known class is shown in hexadecimal. */
export function registerName(id: bigint): string {
  const known = names().get(id);
  if (known !== undefined) return known;
  if ((id & KVM_REG_ARCH_MASK) === KVM_REG_ARM64) {
    const kind = id & KVM_REG_ARM_COPROC_MASK;
    if (kind === KVM_REG_ARM64_SYSREG) {
      const [op0, op1, crn, crm, op2] = sysRegFields(id);
      return `s${op0}_${op1}_c${crn}_c${crm}_${op2}`;
    }
    if (kind === KVM_REG_ARM_DEMUX) return `ccsidr[${id & 0xffn}]`;
  }
  return `0x${id.toString(16)}`;
}
