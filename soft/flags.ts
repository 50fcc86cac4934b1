/**
 * PSTATE's flags N, Z, C and V, as long as nobody asks for them: what they come
 * from. The vCPU's state has a kind and two values (FLAGS, FLAGS_A, FLAGS_B);
 * most flags are set again before anything but one condition was asked, which
 * is simpler to answer from those.
 */

import { type Code, get } from "./code_writer.ts";
import type { Condition } from "./ops.ts";
import { NO_VALUE, Op, signed32, signed64 } from "./wasm.ts";

/** What flags come from. */
export const FlagKind = {
  /** A itself: the flags in bits 31:28. */
  nzcv: 0,
  /** The result A of a logical operation, sign-extended from 32 bits if it has no more: N and Z by it, C and V clear. */
  logic: 1,
  /** The sum A + B, of 64 bits and of 32 (A and B zero-extended). */
  add64: 2,
  add32: 3,
  /** The difference A - B, likewise. */
  sub64: 4,
  sub32: 5,
} as const;
export type FlagKind = typeof FlagKind[keyof typeof FlagKind];

/** PSTATE.C among the flags. */
export const NZCV_C = 1 << 29;

/** Conditions without the lowest bit of their encoding, which makes the opposite of them. */
const EQ = 0, CS = 1, MI = 2, VS = 3;

/** The operations of comparisons, of one width. */
interface Width {
  /** What makes a 64-bit value one of this width. */
  readonly narrow: Code;
  readonly zero: Code;
  readonly add: number;
  readonly sub: number;
  readonly and: number;
  readonly xor: number;
  readonly eq: number;
  readonly lessSigned: number;
  readonly lessUnsigned: number;
}

const BITS64: Width = {
  narrow: [],
  zero: [Op.i64_const, 0],
  add: Op.i64_add,
  sub: Op.i64_sub,
  and: Op.i64_and,
  xor: Op.i64_xor,
  eq: Op.i64_eq,
  lessSigned: Op.i64_lt_s,
  lessUnsigned: Op.i64_lt_u,
};
const BITS32: Width = {
  narrow: [Op.i32_wrap_i64],
  zero: [Op.i32_const, 0],
  add: Op.i32_add,
  sub: Op.i32_sub,
  and: Op.i32_and,
  xor: Op.i32_xor,
  eq: Op.i32_eq,
  lessSigned: Op.i32_lt_s,
  lessUnsigned: Op.i32_lt_u,
};

const FALSE: Code = [Op.i32_const, 0];
const not = (truth: Code): Code => [truth, Op.i32_eqz];

/** Code for the condition of which this is the encoding without its lowest bit: eq cs mi vs hi ge gt. */
function holdsBase(base: number, kind: FlagKind, a: Code, b: Code): Code {
  if (kind === FlagKind.nzcv) return holdsByBits(base, a);
  const width = kind === FlagKind.add32 || kind === FlagKind.sub32 ? BITS32 : BITS64;
  const x = [a, width.narrow];
  if (kind === FlagKind.logic) return holdsByResult(base, x);
  const y = [b, width.narrow];
  const isSum = kind === FlagKind.add32 || kind === FlagKind.add64;
  return isSum ? holdsBySum(base, width, x, y) : holdsByDifference(base, width, x, y);
}

function holdsByBits(base: number, flags: Code): Code {
  const bit = (n: number): Code => [
    [flags, Op.i64_const, signed64(BigInt(n)), Op.i64_shr_u, Op.i32_wrap_i64],
    [Op.i32_const, 1, Op.i32_and],
  ];
  const n = bit(31), z = bit(30), c = bit(29), v = bit(28);
  const isEven = not([n, v, Op.i32_xor]);
  const byNumber = [z, c, n, v, [c, not(z), Op.i32_and], isEven, [isEven, not(z), Op.i32_and]];
  return byNumber[base]!;
}

function holdsByResult(base: number, result: Code): Code {
  const isNegative = [result, BITS64.zero, Op.i64_lt_s];
  const byNumber: Code[] = [
    [result, Op.i64_eqz],
    FALSE,
    isNegative,
    FALSE,
    FALSE,
    not(isNegative),
    [result, BITS64.zero, Op.i64_gt_s],
  ];
  return byNumber[base]!;
}

function holdsBySum(base: number, width: Width, a: Code, b: Code): Code {
  const { zero, xor } = width;
  const sum = [a, b, width.add];
  const z = [sum, zero, width.eq];
  const c = [sum, a, width.lessUnsigned];
  const n = [sum, zero, width.lessSigned];
  const signs = [[a, sum, xor], [b, sum, xor], width.and];
  const v = [signs, zero, width.lessSigned];
  const isEven = not([n, v, Op.i32_xor]);
  const byNumber = [z, c, n, v, [c, not(z), Op.i32_and], isEven, [isEven, not(z), Op.i32_and]];
  return byNumber[base]!;
}

function holdsByDifference(base: number, width: Width, a: Code, b: Code): Code {
  const { zero, xor } = width;
  const difference = [a, b, width.sub];
  const signs = [[a, b, xor], [a, difference, xor], width.and];
  const byNumber: Code[] = [
    [a, b, width.eq],
    not([a, b, width.lessUnsigned]),
    [difference, zero, width.lessSigned],
    [signs, zero, width.lessSigned],
    [b, a, width.lessUnsigned],
    not([a, b, width.lessSigned]),
    [b, a, width.lessSigned],
  ];
  return byNumber[base]!;
}

/** Code for whether a condition (not al, nv) holds, by flags of a kind. */
export function holdsCode(condition: Condition, kind: FlagKind, a: Code, b: Code): Code {
  const base = holdsBase(condition >> 1, kind, a, b);
  return (condition & 1) === 1 ? not(base) : base;
}

/** Code for PSTATE.C, by flags of a kind. */
export function carryCode(kind: FlagKind, a: Code, b: Code): Code {
  return holdsBase(CS, kind, a, b);
}

/** Code for the flags in bits 31:28, as an i32, by flags of a kind. */
export function nzcvCode(kind: FlagKind, a: Code, b: Code): Code {
  if (kind === FlagKind.nzcv) return [a, Op.i32_wrap_i64];
  const flag = (base: number, bit: number): Code => [
    [holdsBase(base, kind, a, b), Op.i32_const, signed32(bit), Op.i32_shl],
  ];
  const nAndZ = [flag(MI, 31), flag(EQ, 30), Op.i32_or];
  return [nAndZ, flag(CS, 29), Op.i32_or, flag(VS, 28), Op.i32_or];
}

/** The body of the function that works flags out where their kind is not known: parameters kind, A and B; the flags in bits 31:28. */
export function nzcvFunction(): Code {
  const [kind, a, b] = [get(0), get(1), get(2)];
  const kinds = Object.values(FlagKind).filter((one) => one !== FlagKind.nzcv);
  const cases = kinds.map((one) => [
    [kind, Op.i32_const, one, Op.i32_eq, Op.if, NO_VALUE],
    [nzcvCode(one, a, b), Op.return, Op.end],
  ]);
  return [cases, a, Op.i32_wrap_i64];
}

/** The flags in bits 31:28, by what they come from. */
export function nzcvOf(kind: FlagKind, a: bigint, b: bigint): number {
  if (kind === FlagKind.nzcv) return Number(a & 0xf000_0000n);
  const bits = kind === FlagKind.add32 || kind === FlagKind.sub32 ? 32 : 64;
  const [x, y] = [BigInt.asUintN(bits, a), BigInt.asUintN(bits, b)];
  const isSum = kind === FlagKind.add32 || kind === FlagKind.add64;
  const exact = kind === FlagKind.logic ? x : isSum ? x + y : x - y;
  const result = BigInt.asUintN(bits, exact);
  const sign = (value: bigint) => Number(value >> BigInt(bits - 1) & 1n);
  const n = sign(result), z = Number(result === 0n);
  if (kind === FlagKind.logic) return packFlags(n, z, 0, 0);
  const c = Number(isSum ? exact !== result : x >= y);
  const v = sign(isSum ? (x ^ result) & (y ^ result) : (x ^ y) & (x ^ result));
  return packFlags(n, z, c, v);
}

/** Flags, 0 or 1 each, in bits 31:28. */
export function packFlags(n: number, z: number, c: number, v: number): number {
  return (n << 31 | z << 30 | c << 29 | v << 28) >>> 0;
}

/** Whether a condition of A64 holds, by the flags in bits 31:28 of `nzcv` (Arm ARM, C1.2.4). */
export function conditionHolds(condition: Condition, nzcv: number): boolean {
  const n = (nzcv >>> 31) & 1, z = (nzcv >>> 30) & 1, c = (nzcv >>> 29) & 1, v = (nzcv >>> 28) & 1;
  const bases = [
    z === 1,
    c === 1,
    n === 1,
    v === 1,
    c === 1 && z === 0,
    n === v,
    n === v && z === 0,
    true,
  ];
  const base = bases[condition >> 1]!;
  return (condition & 1) === 1 && condition !== 15 ? !base : base;
}
