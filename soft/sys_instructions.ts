/** The instructions that SYS encodes: cache and TLB maintenance, address translation (Arm ARM, C5.3 to C5.5). */

import type { SystemRegister } from "../kvm/system_registers.ts";
import { AccessKind } from "./mmu.ts";
import { encodingOf } from "./register_row.ts";
import { Sctlr } from "./system_registers.ts";
import { SystemResult } from "./system_result.ts";

/** One of them. */
export interface SysInstruction {
  readonly name: string;
  readonly encoding: number;
  /** The bit of SCTLR_EL1 that lets EL0 use it; absent if EL0 cannot. */
  readonly el0?: bigint;
  readonly result: SystemResult;
  /** For address translation: of which access. */
  readonly at?: { readonly access: AccessKind; readonly el: 0 | 1 };
}

function instruction(
  name: string,
  fields: SystemRegister,
  result: SystemResult,
  rest: Pick<SysInstruction, "el0" | "at"> = {},
): SysInstruction {
  return { name, encoding: encodingOf(fields), result, ...rest };
}

const { go, invalidateCode, invalidateTlb, zeroBlock } = SystemResult;
const user = { el0: Sctlr.UCI } as const;

// CLIDR_EL1 says that there are no caches, so DC has nothing to do, not even to
// translate its address (D7.5.9.5, "no fault generated for DC operations").
const caches: readonly SysInstruction[] = [
  instruction("ic ialluis", [1, 0, 7, 1, 0], invalidateCode),
  instruction("ic iallu", [1, 0, 7, 5, 0], invalidateCode),
  instruction("ic ivau", [1, 3, 7, 5, 1], invalidateCode, user),
  instruction("dc ivac", [1, 0, 7, 6, 1], go),
  instruction("dc isw", [1, 0, 7, 6, 2], go),
  instruction("dc csw", [1, 0, 7, 10, 2], go),
  instruction("dc cisw", [1, 0, 7, 14, 2], go),
  instruction("dc cvac", [1, 3, 7, 10, 1], go, user),
  instruction("dc cvau", [1, 3, 7, 11, 1], go, user),
  instruction("dc civac", [1, 3, 7, 14, 1], go, user),
  instruction("dc zva", [1, 3, 7, 4, 1], zeroBlock, { el0: Sctlr.DZE }),
];

const { read, write } = AccessKind;
const translations: readonly SysInstruction[] = [
  instruction("at s1e1r", [1, 0, 7, 8, 0], go, { at: { access: read, el: 1 } }),
  instruction("at s1e1w", [1, 0, 7, 8, 1], go, { at: { access: write, el: 1 } }),
  instruction("at s1e0r", [1, 0, 7, 8, 2], go, { at: { access: read, el: 0 } }),
  instruction("at s1e0w", [1, 0, 7, 8, 3], go, { at: { access: write, el: 0 } }),
];

/** TLBI of EL1, by op2; each for this CPU (CRm 7) and for all in the Inner Shareable domain (CRm 3). */
const tlbi = { vmalle1: 0, vae1: 1, aside1: 2, vaae1: 3, vale1: 5, vaale1: 7 } as const;
const tlbs: readonly SysInstruction[] = Object.entries(tlbi).flatMap(([name, op2]) => [
  instruction(`tlbi ${name}`, [1, 0, 8, 7, op2], invalidateTlb),
  instruction(`tlbi ${name}is`, [1, 0, 8, 3, op2], invalidateTlb),
]);

/** All of them. */
export const sysInstructions: readonly SysInstruction[] = [...caches, ...translations, ...tlbs];

const byEncoding = new Map(sysInstructions.map((row) => [row.encoding, row]));

/** The instruction with some op0 (1), op1, CRn, CRm and op2, packed as {@linkcode SysInstruction.encoding}. */
export function findSysInstruction(encoding: number): SysInstruction | undefined {
  return byEncoding.get(encoding);
}
