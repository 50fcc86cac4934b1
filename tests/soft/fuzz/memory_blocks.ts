/** Instructions that access memory, with pointers to where it is interesting. */

import type { AnyFields, Row } from "../../../soft/a64/row.ts";
import { encode, isPredictable, randomFields } from "./fields.ts";
import { PAGE, SLOT_WORDS } from "./layout.ts";
import type { Random } from "./random.ts";
import { rowNamed } from "./rows.ts";
import { BOUNDARIES, SCRATCH, SHARED, SHARED_BOUNDARY } from "./scratch.ts";
import type { Sequence } from "./sequence.ts";

/** The block that dc zva zeroes. */
const ZERO_BLOCK = 64;

/** What is known of an access from its fields. */
interface Shape {
  /** The bytes that it covers. */
  readonly span: number;
  /** What is added to the base. */
  readonly offset: bigint;
}

/** Adds an instruction that accesses memory. */
export function addMemoryAccess(s: Sequence, row: Row): void {
  if (row.name.endsWith("(literal)")) return addLiteral(s, row);
  const base = row.fields.some(({ name }) => name === "rn") ? "rn" : "rt";
  const fields: Record<string, number> = { ...randomFields(row, s.random, () => s.data()) };
  const index = "option" in fields ? chooseIndex(s, fields) : 0n;
  const shape = shapeOf(row, fields, index);
  const register = chooseBase(s, row, shape);
  // A base that the instruction also moves may be one too many.
  const based = { ...fields, [base]: register };
  const fits = isPredictable(row, based);
  s.emit(row, encode(row, fits ? based : fields));
}

/** Loads that find out about a page, and what is then done with it under other rules. */
const FIRST = ["ldr (unsigned offset)", "ldur", "ldtr", "str (unsigned offset)", "sttr"];
const SECOND = ["ldtr", "sttr", "ldtrs x", "str (unsigned offset)", "ldur", "stur", "cas", "ldadd"];

/** Two accesses to one page, whatever it is, one with the rules of EL0 perhaps. */
export function addTwoAccesses(s: Sequence): void {
  const page = s.random.pick(SCRATCH).address + BigInt(s.random.below(PAGE / 16) * 16);
  for (const names of [FIRST, SECOND]) {
    const row = rowNamed(s.random.pick(names));
    const fields = { ...randomFields(row, s.random, () => s.data()) };
    const { offset } = shapeOf(row, fields);
    const rn = s.pointer(page - offset) ?? s.data();
    s.emit(row, encode(row, { ...fields, rn }));
  }
}

/** Loads relative to the PC: mostly from the sequence itself. */
function addLiteral(s: Sequence, row: Row): void {
  const fields = randomFields(row, s.random, () => s.data());
  const here = s.random.below(SLOT_WORDS) - s.code.length;
  const imm19 = s.random.percent(97) ? here : fields.imm19!;
  s.emit(row, encode(row, { ...fields, imm19 }));
}

/** A base register for an access: most often a new pointer, sometimes one that was used before, or anything. */
export function chooseBase(s: Sequence, row: Row, shape: Shape): number {
  const used = s.random.percent(30) ? s.usedPointer() : undefined;
  if (used !== undefined) return used;
  const address = chooseAddress(s.random, shape.span, isAligned(row));
  const fresh = s.pointer(BigInt.asUintN(64, address - shape.offset));
  return fresh ?? s.usedPointer() ?? s.data();
}

/** A place to access. */
export function chooseAddress(random: Random, span: number, aligned: boolean): bigint {
  const unaligned = random.percent(aligned ? 4 : 25);
  const at = unaligned ? random.below(PAGE) : random.below(PAGE / span) * span;
  // Few places, so that accesses meet again.
  const near = unaligned ? random.below(64) : random.below(64 / span + 1) * span;
  const shift = aligned && !unaligned ? span * random.below(2) : random.below(span + 1);
  switch (random.weighted([[50, "shared"], [30, "near"], [10, "across"], [7, "any"], [3, "end"]])) {
    case "shared":
      return random.pick(SHARED) + BigInt(at);
    case "near":
      return SHARED_BOUNDARY + BigInt(near);
    case "across":
      return SHARED_BOUNDARY - BigInt(shift);
    case "any":
      return random.pick(SCRATCH).address + BigInt(at);
    default:
      return random.pick(BOUNDARIES) - BigInt(shift);
  }
}

/** What an access covers, and where, relative to its base. */
export function shapeOf(row: Row, fields: AnyFields, index = 0n): Shape {
  const { size, sf, sz, imm12, imm9, imm7 } = fields;
  // Of pairs: X registers, or W registers, as those of ldpsw.
  const half = 4 << (sf ?? sz ?? 0);
  const isPair = imm7 !== undefined || row.name === "casp" || row.name.endsWith("xp");
  const span = row.name === "dc zva" ? ZERO_BLOCK : isPair ? 2 * half : 1 << (size ?? 3);
  const isLater = row.name.includes("post-index");
  const offset = isLater
    ? 0
    : imm12 !== undefined
    ? imm12 * span
    : imm9 !== undefined
    ? signExtend(imm9, 9)
    : imm7 !== undefined
    ? signExtend(imm7, 7) * half
    : 0;
  return { span, offset: BigInt(offset) + index };
}

/** Instructions that fault, or are undefined in effect, if their address is not aligned. */
function isAligned(row: Row): boolean {
  return /^(ld|st)(ar|lr|lar|llr|xr|xp)$|^(cas|swp|ld(add|clr|eor|set|[su]max|[su]min))/.test(
    row.name,
  );
}

/** Presets the index register, and says what it adds to the address. */
function chooseIndex(s: Sequence, fields: Record<string, number>): bigint {
  const register = s.fresh();
  if (register === undefined) return 0n;
  fields.rm = register;
  const { option = 0, S = 0, size = 0 } = fields;
  const isSigned = (option & 4) !== 0, isWord = (option & 1) === 0;
  const small = BigInt(s.random.below(1 << 16) - (isSigned ? 1 << 15 : 0));
  const garbage = isWord ? BigInt(s.random.u32()) << 32n : 0n;
  s.preset(register, isWord ? BigInt.asUintN(32, small) | garbage : small);
  return small << BigInt(S * size);
}

function signExtend(value: number, bits: number): number {
  return (value << (32 - bits)) >> (32 - bits);
}

/** A place that everybody may access, aligned to a power of two. */
export function chooseSharedAligned(s: Sequence, span: number): bigint {
  return s.random.pick(SHARED) + BigInt(s.random.below(4096 / span) * span);
}
