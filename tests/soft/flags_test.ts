/** Tests flags that are worked out from what they come from, by the host and by translated code. */

import { assertEquals } from "@std/assert";
import {
  carryCode,
  conditionHolds,
  FlagKind,
  holdsCode,
  nzcvFunction,
  nzcvOf,
  packFlags,
} from "../../soft/flags.ts";
import { type Code, encodeEntry, Op } from "../../soft/wasm.ts";

/** A function of a kind and two values, which is made of these. */
function compile(body: Code): (kind: number, a: bigint, b: bigint) => number {
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 0 });
  const module = new WebAssembly.Module(encodeEntry(body));
  const { exports } = new WebAssembly.Instance(module, { e: { t: table } });
  return exports.flags as (kind: number, a: bigint, b: bigint) => number;
}

const A: Code = [Op.local_get, 1];
const B: Code = [Op.local_get, 2];

/** The flags of a sum with carry as the architecture has them (Arm ARM, AddWithCarry). */
function addWithCarry(bits: number, a: bigint, b: bigint, carry: bigint): number {
  const unsigned = BigInt.asUintN(bits, a) + BigInt.asUintN(bits, b) + carry;
  const signed = BigInt.asIntN(bits, a) + BigInt.asIntN(bits, b) + carry;
  const result = BigInt.asUintN(bits, unsigned);
  const isNegative = BigInt.asIntN(bits, result) < 0n;
  const isOverflow = BigInt.asIntN(bits, result) !== signed;
  const flags = [isNegative, result === 0n, result !== unsigned, isOverflow].map(Number);
  return packFlags(...flags as [number, number, number, number]);
}

/** What flags of a kind are. */
const meanings: Record<FlagKind, (a: bigint, b: bigint) => number> = {
  [FlagKind.nzcv]: (a) => Number(a & 0xf000_0000n),
  [FlagKind.logic]: (a) => packFlags(Number(BigInt.asIntN(64, a) < 0n), Number(a === 0n), 0, 0),
  [FlagKind.add64]: (a, b) => addWithCarry(64, a, b, 0n),
  [FlagKind.add32]: (a, b) => addWithCarry(32, a, b, 0n),
  [FlagKind.sub64]: (a, b) => addWithCarry(64, a, ~b, 1n),
  [FlagKind.sub32]: (a, b) => addWithCarry(32, a, ~b, 1n),
};

const EDGES = [0n, 1n, 2n, 0x7fff_ffffn, 0x8000_0000n, 0x8000_0001n, 0xffff_ffffn];
const WIDE = [1n << 32n, (1n << 63n) - 1n, 1n << 63n, (1n << 63n) + 1n, (1n << 64n) - 1n];

/** Values that flags of a kind can come from. */
function valuesOf(kind: FlagKind): bigint[] {
  if (kind === FlagKind.nzcv) return Array.from({ length: 16 }, (_, n) => BigInt(n) << 28n);
  const isWord = kind === FlagKind.add32 || kind === FlagKind.sub32;
  return isWord ? EDGES : [...EDGES, ...WIDE];
}

function forEachPair(kind: FlagKind, check: (a: bigint, b: bigint, nzcv: number) => void): void {
  const values = valuesOf(kind);
  for (const a of values) {
    for (const b of values) check(a, b, meanings[kind](a, b));
  }
}

for (const [name, kind] of Object.entries(FlagKind)) {
  Deno.test(`flags that come from ${name} are worked out by the host`, () => {
    forEachPair(kind, (a, b, nzcv) => assertEquals(nzcvOf(kind, a, b), nzcv, `${a}, ${b}`));
  });

  Deno.test(`flags that come from ${name} are worked out where their kind is not known`, () => {
    const flags = compile(nzcvFunction());
    forEachPair(kind, (a, b, nzcv) => assertEquals(flags(kind, a, b) >>> 0, nzcv, `${a}, ${b}`));
  });

  Deno.test(`conditions hold by flags that come from ${name}`, () => {
    for (let condition = 0; condition < 14; condition++) {
      const holds = compile(holdsCode(condition, kind, A, B));
      forEachPair(kind, (a, b, nzcv) => {
        const expected = Number(conditionHolds(condition, nzcv));
        assertEquals(holds(kind, a, b), expected, `condition ${condition} of ${a}, ${b}`);
      });
    }
  });

  Deno.test(`the carry comes from ${name}`, () => {
    const carry = compile(carryCode(kind, A, B));
    forEachPair(kind, (a, b, nzcv) => assertEquals(carry(kind, a, b), nzcv >>> 29 & 1));
  });
}

const N = 8, Z = 4, C = 2, V = 1;

/** Flags, and the conditions that hold by them, by their encodings (Arm ARM, C1.2.4). */
const conditions: readonly (readonly [nzcv: number, names: string])[] = [
  [0, "ne cc pl vc ls ge gt al nv"],
  [N, "ne cc mi vc ls lt le al nv"],
  [Z, "eq cc pl vc ls ge le al nv"],
  [C, "ne cs pl vc hi ge gt al nv"],
  [V, "ne cc pl vs ls lt le al nv"],
  [N | V, "ne cc mi vs ls ge gt al nv"],
  [Z | C, "eq cs pl vc ls ge le al nv"],
  [N | Z | C | V, "eq cs mi vs ls ge le al nv"],
];
const NAMES = "eq ne cs cc mi pl vs vc hi ls ge lt gt le al nv".split(" ");

for (const [nzcv, expected] of conditions) {
  Deno.test(`by the flags ${nzcv.toString(2).padStart(4, "0")} hold ${expected}`, () => {
    const holding = NAMES.filter((_, condition) => conditionHolds(condition, (nzcv << 28) >>> 0));
    assertEquals(holding.join(" "), expected);
  });
}
