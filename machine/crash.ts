/** An exception that nobody handles: what the vCPU looked like, and that in words. */

import { registerId } from "../kvm/registers.ts";
import type { Vcpu } from "../vm/contract.ts";
import { decodeSyndrome, hex } from "./esr.ts";
import { vectorName } from "./vectors.ts";

/** The vCPU at the exception. */
export interface Crash {
  /** What happened, in a few words, when that is not what ESR_EL1 says. */
  readonly summary?: string;
  /** The number of the exception vector, 0 to 15; undefined if none was taken. */
  readonly vector?: number;
  /** ESR_EL1, bits 31:0: what happened. */
  readonly esr: bigint;
  /** ELR_EL1: where. */
  readonly elr: bigint;
  /** FAR_EL1: at which address, for some kinds. */
  readonly far: bigint;
  /** SPSR_EL1: PSTATE before the exception. */
  readonly spsr: bigint;
  /** Where the vCPU is now: at a vector, if one was taken. */
  readonly pc: bigint;
  /** SP_EL0. */
  readonly spEl0: bigint;
  /** SP_EL1. */
  readonly spEl1: bigint;
  /** X0 to X30. */
  readonly x: readonly bigint[];
  /** The instruction at ELR_EL1, where that is known. */
  readonly instruction?: number;
  /** What the guest's author may want to know. */
  readonly hint?: string;
}

const EXCEPTION_REGISTERS = 31;

/** Reads a crash out of a vCPU that has just taken an exception. */
export function readCrash(
  vcpu: Vcpu,
  about: Pick<Crash, "summary" | "vector" | "instruction" | "hint">,
): Crash {
  const register = (name: string) => vcpu.getOneReg(registerId(name));
  return {
    ...about,
    // Some kernels set all of bits 63:32 when they inject an abort; nothing there is decoded.
    esr: BigInt.asUintN(32, register("esr_el1")),
    elr: register("elr_el1"),
    far: register("far_el1"),
    spsr: register("spsr_el1"),
    pc: register("pc"),
    spEl0: register("sp"),
    spEl1: register("sp_el1"),
    x: Array.from({ length: EXCEPTION_REGISTERS }, (_, i) => register(`x${i}`)),
  };
}

/** The exception level and stack of a saved PSTATE (SPSR_EL1.M), for AArch64. */
const modes: Record<number, string> = { 0b0000: "EL0", 0b0100: "EL1t", 0b0101: "EL1h" };

/** PSTATE's flags and masks: a letter for each that is set, in the order of the register's bits. */
function describePstate(spsr: bigint): string {
  const flags = [..."NZCV"].filter((_, i) => (spsr >> BigInt(31 - i)) & 1n).join("");
  const masks = [..."DAIF"].filter((_, i) => (spsr >> BigInt(9 - i)) & 1n).join("");
  const mode = (spsr >> 4n) & 1n ? "AArch32" : modes[Number(spsr & 15n)] ?? hex(spsr & 15n);
  return `${mode}, flags ${flags || "none"}, masked ${masks || "none"}`;
}

const wide = (value: bigint) => `0x${value.toString(16).padStart(16, "0")}`;

/** The first line of a crash report: which exception, where. */
export function summarizeCrash(crash: Crash): string {
  if (crash.summary !== undefined) return crash.summary;
  const { name, details, hasAddress } = decodeSyndrome(crash.esr);
  // An interrupt leaves ESR_EL1 as it was.
  const interrupt = crash.vector !== undefined && [1, 2].includes(crash.vector % 4);
  const what = interrupt ? vectorName(crash.vector) : [name, details].filter(Boolean).join(": ");
  const at = hasAddress && !interrupt ? `, address ${hex(crash.far)}` : "";
  return `${what}${at}, at PC ${hex(crash.elr)}`;
}

/** The whole report: the exception registers decoded, then the general registers. */
export function describeCrash(crash: Crash): string {
  const { ec, name, details, hasAddress } = decodeSyndrome(crash.esr);
  const iss = hex(crash.esr & 0x1ff_ffffn);
  const instruction = crash.instruction === undefined
    ? ""
    : `  instruction 0x${crash.instruction.toString(16).padStart(8, "0")}`;
  const registers: [string, bigint][] = [
    ...crash.x.map((value, i): [string, bigint] => [`X${i}`, value]),
    ["SP_EL0", crash.spEl0],
    ["SP_EL1", crash.spEl1],
    ["PC", crash.pc],
  ];
  const cells = registers.map(([name, value]) => `${name.padStart(6)} ${wide(value)}`);
  const rows = Array.from(
    { length: Math.ceil(cells.length / 3) },
    (_, row) => ` ${cells.slice(row * 3, row * 3 + 3).join("  ")}`,
  );
  return [
    summarizeCrash(crash),
    ...(crash.hint === undefined ? [] : [`  hint: ${crash.hint}`]),
    ...(crash.vector === undefined ? [] : [`  ${vectorName(crash.vector)}`]),
    `  ESR_EL1  ${wide(crash.esr)}  EC ${hex(ec)}: ${name}; ISS ${iss}${details && `: ${details}`}`,
    `  ELR_EL1  ${wide(crash.elr)}${instruction}`,
    `  FAR_EL1  ${wide(crash.far)}${hasAddress ? "" : "  (says nothing here)"}`,
    `  SPSR_EL1 ${wide(crash.spsr)}  ${describePstate(crash.spsr)}`,
    ...rows,
  ].join("\n");
}
