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

/** `count` names from `prefix`0 on, for registers that lie `stride` bytes apart in struct kvm_regs. */
function numbered(
  prefix: string,
  count: number,
  offset: number,
  stride: number,
): [string, bigint][] {
  return Array.from({ length: count }, (_, i) => [`${prefix}${i}`, coreReg(offset + i * stride)]);
}

const core: [string, bigint][] = [
  ...numbered("x", 31, kvm_regs.offset["regs.regs"], 8),
  // The kernel's name; to the architecture this is SP_EL0.
  ["sp", coreReg(kvm_regs.offset["regs.sp"])],
  ["pc", coreReg(kvm_regs.offset["regs.pc"])],
  ["pstate", coreReg(kvm_regs.offset["regs.pstate"])],
  ["sp_el1", coreReg(kvm_regs.offset.sp_el1)],
  ["elr_el1", coreReg(kvm_regs.offset.elr_el1)],
  ...["spsr_el1", "spsr_abt", "spsr_und", "spsr_irq", "spsr_fiq"].map(
    (name, i): [string, bigint] => [name, coreReg(kvm_regs.offset.spsr + i * 8)],
  ),
  ...numbered("v", 32, kvm_regs.offset["fp_regs.vregs"], 16),
  ["fpsr", coreReg(kvm_regs.offset["fp_regs.fpsr"])],
  ["fpcr", coreReg(kvm_regs.offset["fp_regs.fpcr"])],
];

// The kernel gave these two each other's encoding, and it is too late to mend
// (asm/kvm.h, KVM_REG_ARM_TIMER_CVAL): the ID that reads as CNTV_CVAL_EL0 holds
// the counter, and the ID that reads as CNTVCT_EL0's view holds the compare value.
const timers: [string, bigint][] = [
  ["cntv_ctl_el0", sysReg(3, 3, 14, 3, 1)],
  ["cntv_cval_el0", sysReg(3, 3, 14, 0, 2)],
  ["cntvct_el0", sysReg(3, 3, 14, 3, 2)],
  ["cntp_ctl_el0", sysReg(3, 3, 14, 2, 1)],
  ["cntp_cval_el0", sysReg(3, 3, 14, 2, 2)],
  ["cntpct_el0", sysReg(3, 3, 14, 0, 1)],
];

const firmware: [string, bigint][] = [
  ["psci_version", firmwareReg(0)],
  ["smccc_arch_workaround_1", firmwareReg(1)],
  ["smccc_arch_workaround_2", firmwareReg(2)],
  ["smccc_arch_workaround_3", firmwareReg(3)],
  ["std_bmap", firmwareBitmapReg(0)],
  ["std_hyp_bmap", firmwareBitmapReg(1)],
  ["vendor_hyp_bmap", firmwareBitmapReg(2)],
];

const idsByName = new Map<string, bigint>([
  ...core,
  ...timers,
  ...firmware,
  // Another name for a register that has one already.
  ["sp_el0", coreReg(kvm_regs.offset["regs.sp"])],
]);

let namesById: ReadonlyMap<bigint, string> | undefined;

/** Names by ID. Hundreds of them, which a program that only sets a few registers can do without. */
function names(): ReadonlyMap<bigint, string> {
  return namesById ??= new Map([
    ...Object.entries(systemRegisters).map(
      ([name, fields]): [bigint, string] => [sysReg(...fields), name],
    ),
    ...[...core, ...timers, ...firmware].map(([name, id]): [bigint, string] => [id, name]),
  ]);
}

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
  const lower = name.toLowerCase();
  const known = idsByName.get(lower);
  if (known !== undefined) return known;
  if (Object.hasOwn(systemRegisters, lower)) return sysReg(...systemRegisters[lower]!);
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
