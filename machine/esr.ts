/** ESR_EL1 in words (Arm ARM, D17.2.37 "ESR_EL1, Exception Syndrome Register"). */

import { registerName, sysReg } from "../kvm/registers.ts";

/** Exception classes, ESR_EL1.EC. */
export const EC_UNKNOWN = 0x00;
export const EC_INSTRUCTION_ABORT_LOWER = 0x20;
export const EC_INSTRUCTION_ABORT = 0x21;
export const EC_PC_ALIGNMENT = 0x22;
export const EC_DATA_ABORT_LOWER = 0x24;
export const EC_DATA_ABORT = 0x25;
const EC_SVC64 = 0x15;
const EC_HVC64 = 0x16;
const EC_SMC64 = 0x17;
const EC_SYSTEM_REGISTER = 0x18;
const EC_WATCHPOINT_LOWER = 0x34;
const EC_WATCHPOINT = 0x35;
const EC_BRK64 = 0x3c;

const classes: Record<number, string> = {
  [EC_UNKNOWN]: "Undefined instruction",
  0x01: "Trapped WFI or WFE",
  0x07: "Trapped access to SIMD or floating point (CPACR_EL1.FPEN)",
  0x0a: "Trapped LD64B or ST64B",
  0x0d: "Branch target exception",
  0x0e: "Illegal execution state",
  [EC_SVC64]: "SVC",
  [EC_HVC64]: "HVC",
  [EC_SMC64]: "SMC",
  [EC_SYSTEM_REGISTER]: "Trapped system instruction",
  0x19: "Trapped access to SVE (CPACR_EL1.ZEN)",
  0x1c: "Pointer authentication failure",
  0x1d: "Trapped access to SME (CPACR_EL1.SMEN)",
  [EC_INSTRUCTION_ABORT_LOWER]: "Instruction abort from EL0",
  [EC_INSTRUCTION_ABORT]: "Instruction abort",
  [EC_PC_ALIGNMENT]: "PC alignment fault",
  [EC_DATA_ABORT_LOWER]: "Data abort from EL0",
  [EC_DATA_ABORT]: "Data abort",
  0x26: "SP alignment fault",
  0x2c: "Trapped floating-point exception",
  0x2f: "SError",
  0x30: "Breakpoint from EL0",
  0x31: "Breakpoint",
  0x32: "Software step from EL0",
  0x33: "Software step",
  [EC_WATCHPOINT_LOWER]: "Watchpoint from EL0",
  [EC_WATCHPOINT]: "Watchpoint",
  [EC_BRK64]: "BRK",
};

/** The fault status code of a synchronous external abort: nothing answered at the address. */
export const FSC_EXTERNAL_ABORT = 0x10;

/** Fault status codes of instruction and data aborts that have no level in them (ISS.IFSC and ISS.DFSC). */
const faults: Record<number, string> = {
  [FSC_EXTERNAL_ABORT]: "synchronous external abort",
  0x11: "synchronous tag check fault",
  0x18: "synchronous parity or ECC error",
  0x21: "alignment fault",
  0x30: "TLB conflict",
  0x31: "unsupported atomic hardware update",
  0x34: "lockdown fault",
  0x35: "unsupported exclusive or atomic access",
};

/** The same with the level of the translation table in bits 1:0, by bits 5:2. */
const faultsByLevel: Record<number, string> = {
  0x00: "address size fault",
  0x04: "translation fault",
  0x08: "access flag fault",
  0x0c: "permission fault",
  0x14: "synchronous external abort on a table walk",
  0x1c: "synchronous parity or ECC error on a table walk",
};

/** ESR_EL1 taken apart. */
export interface Syndrome {
  /** The exception class, bits 31:26. */
  readonly ec: number;
  /** The exception class in words. */
  readonly name: string;
  /** What the instruction specific syndrome adds, in words; empty if nothing. */
  readonly details: string;
  /** Whether FAR_EL1 holds the address. */
  readonly hasAddress: boolean;
}

/** A register's value as the report shows it. */
export const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

/** The exception class of an ESR value. */
export function exceptionClass(esr: bigint): number {
  return Number((esr >> 26n) & 0x3fn);
}

function describeFault(code: number): string {
  const withLevel = faultsByLevel[code & ~3];
  return faults[code] ??
    (withLevel === undefined ? `fault status ${hex(code)}` : `${withLevel}, level ${code & 3}`);
}

/** What a data abort was doing (ISS: ISV, SAS, SRT, CM and WnR). */
function describeAccess(iss: number): string {
  if ((iss >> 8) & 1) return "cache maintenance";
  const described = ((iss >> 24) & 1) === 1;
  // An abort that the hypervisor injected says nothing of the access.
  if (!described && (iss & 0x3f) === FSC_EXTERNAL_ABORT) return "";
  const direction = (iss >> 6) & 1 ? "store" : "load";
  if (!described) return direction;
  const size = 1 << ((iss >> 22) & 3);
  const register = (iss >> 16) & 31;
  const width = (iss >> 15) & 1 ? "x" : "w";
  return `${direction} of ${size} byte${size > 1 ? "s" : ""}, ${width}${
    register === 31 ? "zr" : register
  }`;
}

/** The MRS or MSR behind an exception of class 0x18. */
function describeSystemInstruction(iss: number): string {
  const id = sysReg(
    (iss >> 20) & 3,
    (iss >> 14) & 7,
    (iss >> 10) & 15,
    (iss >> 1) & 15,
    (iss >> 17) & 7,
  );
  const register = `x${(iss >> 5) & 31}`;
  return iss & 1 ? `mrs ${register}, ${registerName(id)}` : `msr ${registerName(id)}, ${register}`;
}

/** Takes ESR_EL1 apart. */
export function decodeSyndrome(esr: bigint): Syndrome {
  const ec = exceptionClass(esr);
  const iss = Number(esr & 0x1ff_ffffn);
  const name = classes[ec] ?? `Exception class ${hex(ec)}`;
  switch (ec) {
    case EC_INSTRUCTION_ABORT:
    case EC_INSTRUCTION_ABORT_LOWER:
      return { ec, name, details: describeFault(iss & 0x3f), hasAddress: true };
    case EC_DATA_ABORT:
    case EC_DATA_ABORT_LOWER: {
      const details = [describeFault(iss & 0x3f), describeAccess(iss)].filter(Boolean).join(", ");
      return { ec, name, details, hasAddress: ((iss >> 10) & 1) === 0 };
    }
    case EC_SYSTEM_REGISTER:
      return { ec, name, details: describeSystemInstruction(iss), hasAddress: false };
    case EC_SVC64:
    case EC_HVC64:
    case EC_SMC64:
    case EC_BRK64:
      return { ec, name, details: `#${hex(iss & 0xffff)}`, hasAddress: false };
    default: {
      const hasAddress = ec === EC_PC_ALIGNMENT || ec === EC_WATCHPOINT ||
        ec === EC_WATCHPOINT_LOWER;
      return { ec, name, details: "", hasAddress };
    }
  }
}
