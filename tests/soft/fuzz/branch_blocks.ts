/** Branches, calls, loops, and what depends on comparisons. */

import type { AnyFields } from "../../../soft/a64/row.ts";
import { encode, isPredictable, randomFields } from "./fields.ts";
import { addPlain, addSome, type Block } from "./plain_blocks.ts";
import { rowNamed } from "./rows.ts";
import { SCRATCH } from "./scratch.ts";
import type { Sequence } from "./sequence.ts";
import { randomValue } from "./values.ts";

const LINK_REGISTER = 30;

/** A direct branch, forward. */
export const addBranch: Block = (s, row) => {
  const fields = randomFields(row, s.random, () => s.data());
  const { name } = row.fields.find(({ name }) => name.startsWith("imm"))!;
  s.emitBranch(row, encode(row, fields), name);
  if (row.name === "bl") s.markWritten(LINK_REGISTER);
};

/** An indirect branch: forward, or to where no code is. */
export const addIndirectBranch: Block = (s, row) => {
  const link = s.random.percent(30) ? s.target({ among: [LINK_REGISTER] }) : undefined;
  const nowhere = s.random.percent(8) ? presetNowhere(s) : undefined;
  const register = nowhere ?? link ?? s.target();
  if (register === undefined) return;
  s.emit(row, encode(row, { rn: register }));
  if (row.name === "blr") s.markWritten(LINK_REGISTER);
};

/**
 * A register with an address where no code is: not mapped, not executable, or
 * between two instructions. Not both: QEMU's CPUs then look at the page first,
 * though the architecture puts the alignment before.
 */
export function presetNowhere(s: Sequence): number | undefined {
  const register = s.fresh();
  if (register === undefined) return undefined;
  const page = s.random.pick(SCRATCH).address;
  switch (s.random.weighted([[3, "between"], [2, "upper"], [4, "page"], [1, "any"]])) {
    case "between":
      s.preset(register, BigInt(1 + s.random.below(3)), true);
      break;
    case "upper": {
      // The next instruction, but for the upper half of its address.
      const upper = 1n << BigInt(32 + s.random.below(15));
      s.preset(register, BigInt(4 * (s.code.length + 1)) + upper, true);
      break;
    }
    case "page":
      s.preset(register, page + BigInt(s.random.below(1024) * 4));
      break;
    default:
      s.preset(register, randomValue(s.random) & ~3n);
  }
  return register;
}

/** A call over a jump, to a few instructions that return. */
export const addCall: Block = (s) => {
  const [bl, b, ret] = [rowNamed("bl"), rowNamed("b"), rowNamed("ret")];
  s.emit(bl, encode(bl, { imm26: 2 }));
  s.markWritten(LINK_REGISTER);
  const jump = s.code.length;
  s.code.push(0);
  s.reserving(LINK_REGISTER, () => addSome(s, 1 + s.random.below(2)));
  s.emit(ret, encode(ret, { rn: LINK_REGISTER }));
  s.code[jump] = encode(b, { imm26: s.code.length - jump });
};

/** A loop that goes round a few times, or so often that it will be translated. */
export const addLoop: Block = (s) => {
  const counter = s.fresh();
  if (counter === undefined) return;
  const rounds = s.random.percent(50) ? 2 + s.random.below(4) : 30 + s.random.below(30);
  s.preset(counter, BigInt(rounds));
  const start = s.code.length;
  s.reserving(counter, () => addSome(s, 1 + s.random.below(4)));
  const withFlags = s.random.percent(50);
  const subtract = rowNamed(withFlags ? "subs (immediate)" : "sub (immediate)");
  const branch = rowNamed(withFlags ? "b.cond" : "cbnz");
  s.emit(subtract, encode(subtract, { sf: 1, sh: 0, imm12: 1, rn: counter, rd: counter }));
  const NE = 1;
  const fields: AnyFields = withFlags ? { cond: NE } : { sf: 1, rt: counter };
  s.emit(branch, encode(branch, { ...fields, imm19: start - s.code.length }));
};

/** Comparisons, which set the flags from two values. */
const COMPARISONS = [
  "subs",
  "subs (immediate)",
  "subs (extended)",
  "adds",
  "adds (immediate)",
  "ands",
  "ccmp",
  "ccmp (immediate)",
  "sbcs",
  "adcs",
];
const CONDITIONAL = ["csel", "csinc", "csinv", "csneg", "ccmp", "ccmn", "ccmp (immediate)"];

/**
 * A comparison, often of values that are equal or next to each other, and
 * instructions that depend on its flags.
 */
export const addComparison: Block = (s) => {
  const row = rowNamed(s.random.pick(COMPARISONS));
  const fields: Record<string, number> = { ...randomFields(row, s.random, () => s.data()) };
  const rn = s.fresh();
  if (rn !== undefined) {
    fields.rn = rn;
    s.preset(rn, comparedWith(s, fields));
  }
  if (isPredictable(row, fields)) s.emit(row, encode(row, fields));
  for (let i = 1 + s.random.below(3); i > 0; i--) addPlain(s, rowNamed(s.random.pick(CONDITIONAL)));
  if (s.random.percent(60)) addBranch(s, rowNamed("b.cond"));
};

/** A value that is close to the second operand of a comparison. */
function comparedWith(s: Sequence, fields: Record<string, number>): bigint {
  const near = BigInt(s.random.below(3) - 1);
  if (fields.imm12 !== undefined) return BigInt(fields.imm12 << 12 * (fields.sh ?? 0)) + near;
  if (fields.imm5 !== undefined) return BigInt(fields.imm5) + near;
  const rm = s.fresh();
  const value = randomValue(s.random);
  if (rm === undefined) return value;
  fields.rm = rm;
  s.preset(rm, value);
  // Most often without a shift or extension, which the values would not be equal after.
  if (s.random.percent(80)) Object.assign(fields, { imm6: 0, imm3: 0, option: 3 });
  return value + near;
}
