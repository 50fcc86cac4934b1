/** Arm ARM C4.1, "Branches, Exception Generating and System instructions": branches and exceptions. */

import type { Ops } from "../ops.ts";
import { relative, signed, source } from "./operands.ts";
import { type Execute, flowRow, type Row, systemRow } from "./row.ts";

/** An instruction that exists, but not outside debug state. */
const notHere: Execute<unknown> = (o) => o.undefined();

/** Branches and exceptions. */
export const branches: readonly Row[] = [
  // Unconditional branch (immediate).
  flowRow("b", "0 00101 imm26:26", (o, f) => {
    o.jump(relative(o, signed(f.imm26, 26) * INSTRUCTION_SIZE));
  }),
  flowRow("bl", "1 00101 imm26:26", (o, f) => {
    link(o);
    o.call(relative(o, signed(f.imm26, 26) * INSTRUCTION_SIZE));
  }),

  // Conditional branch, compare and branch, test and branch (immediate).
  flowRow("b.cond", "0101010 0 imm19:19 0 cond:4", (o, f) => {
    o.jumpIf(o.holds(f.cond), near(o, f));
  }),
  flowRow("cbz", "sf:1 011010 0 imm19:19 rt:5", (o, f) => {
    o.jumpIf(isZero(o, source(o, f, f.rt)), near(o, f));
  }),
  flowRow("cbnz", "sf:1 011010 1 imm19:19 rt:5", (o, f) => {
    o.jumpIf(o.not(isZero(o, source(o, f, f.rt))), near(o, f));
  }),
  flowRow("tbz", "b5:1 011011 0 b40:5 imm14:14 rt:5", (o, f) => {
    o.jumpIf(isZero(o, testedBit(o, f)), testTarget(o, f));
  }),
  flowRow("tbnz", "b5:1 011011 1 b40:5 imm14:14 rt:5", (o, f) => {
    o.jumpIf(o.not(isZero(o, testedBit(o, f))), testTarget(o, f));
  }),

  // Unconditional branch (register).
  flowRow("br", "1101011 0000 11111 000000 rn:5 00000", (o, f) => {
    o.jumpTo(o.x(f.rn));
  }),
  flowRow("blr", "1101011 0001 11111 000000 rn:5 00000", (o, f) => {
    // Read first: the target may be in the link register.
    const target = o.once(o.x(f.rn));
    link(o);
    o.callTo(target);
  }),
  flowRow("ret", "1101011 0010 11111 000000 rn:5 00000", (o, f) => {
    o.returnTo(o.x(f.rn));
  }),
  systemRow("eret", "1101011 0100 11111 000000 11111 00000"),
  flowRow("drps", "1101011 0101 11111 000000 11111 00000", notHere),

  // Exception generation.
  flowRow("svc", "11010100 000 imm16:16 000 01", (o, f) => {
    o.exception(EC_SVC, f.imm16, true);
  }),
  systemRow("hvc", "11010100 000 imm16:16 000 10"),
  systemRow("smc", "11010100 000 imm16:16 000 11"),
  flowRow("brk", "11010100 001 imm16:16 000 00", (o, f) => {
    o.exception(EC_BRK, f.imm16);
  }),
  // Undefined as long as no debugger has enabled halting.
  flowRow("hlt", "11010100 010 imm16:16 000 00", notHere),
  flowRow("dcps1", "11010100 101 imm16:16 000 01", notHere),
  flowRow("dcps2", "11010100 101 imm16:16 000 10", notHere),
  flowRow("dcps3", "11010100 101 imm16:16 000 11", notHere),

  // Arm ARM C4.1, "Reserved": the one encoding that stays undefined.
  flowRow("udf", "0000000000000000 imm16:16", notHere),
];

const INSTRUCTION_SIZE = 4;
const LINK_REGISTER = 30;

/** Exception classes (Arm ARM D17.2.37, ESR_EL1.EC). */
const EC_SVC = 0x15;
const EC_BRK = 0x3c;

/** Notes where to return to. */
function link<V, B>(o: Ops<V, B>): void {
  o.setX(LINK_REGISTER, o.constant(relative(o, INSTRUCTION_SIZE)));
}

function near<V, B>(o: Ops<V, B>, f: { readonly imm19: number }): bigint {
  return relative(o, signed(f.imm19, 19) * INSTRUCTION_SIZE);
}

function testTarget<V, B>(o: Ops<V, B>, f: { readonly imm14: number }): bigint {
  return relative(o, signed(f.imm14, 14) * INSTRUCTION_SIZE);
}

function isZero<V, B>(o: Ops<V, B>, value: V): B {
  return o.equal(value, o.constant(0));
}

/** The bit that tbz and tbnz test; b5 also makes the register an X. */
function testedBit<V, B>(
  o: Ops<V, B>,
  f: { readonly b5: number; readonly b40: number; readonly rt: number },
): V {
  return o.and(o.x(f.rt), o.constant(1n << BigInt((f.b5 << 5) | f.b40)));
}
