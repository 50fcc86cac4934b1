/** Arm ARM C4.1, "Data Processing -- Immediate". */

import type { Ops } from "../ops.ts";
import { type BitMaskFields, decodeBitMask } from "./bit_masks.ts";
import {
  adds,
  lowBits,
  plus,
  relative,
  rotate,
  setRd,
  setRdOrSp,
  signed,
  type Sized,
  sized,
  source,
  subs,
  widthOf,
} from "./operands.ts";
import { type Row, row } from "./row.ts";

/**
 * PC-relative addresses, add and subtract, logical, moves, bitfields.
 *
 * Where Rn of add, sub, adds, subs is 31 it is the stack pointer; Rd of those
 * that set flags is then the zero register (cmp, cmn), of the others SP. The
 * logical immediates read the zero register, and only ands writes it.
 */
export const dataProcessingImmediate: readonly Row[] = [
  // PC-relative addressing.
  row("adr", "0 immlo:2 10000 immhi:19 rd:5", (o, f) => {
    o.setX(f.rd, o.constant(relative(o, pageOffset(f))));
  }),
  row("adrp", "1 immlo:2 10000 immhi:19 rd:5", (o, f) => {
    const page = o.pc & ~(PAGE - 1n);
    o.setX(f.rd, o.constant(BigInt.asUintN(64, page + BigInt(pageOffset(f)) * PAGE)));
  }),

  // Add and subtract (immediate).
  row("add (immediate)", "sf:1 00 100010 sh:1 imm12:12 rn:5 rd:5", (o, f) => {
    setRdOrSp(o, f, plus(o, o.xOrSp(f.rn), imm12(f)));
  }),
  row("adds (immediate)", "sf:1 01 100010 sh:1 imm12:12 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, adds(o, f, o.xOrSp(f.rn), o.constant(imm12(f))));
  }),
  row("sub (immediate)", "sf:1 10 100010 sh:1 imm12:12 rn:5 rd:5", (o, f) => {
    setRdOrSp(o, f, plus(o, o.xOrSp(f.rn), -imm12(f)));
  }),
  row("subs (immediate)", "sf:1 11 100010 sh:1 imm12:12 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, subs(o, f, o.xOrSp(f.rn), o.constant(imm12(f))));
  }),

  // Logical (immediate).
  row("and (immediate)", "sf:1 00 100100 N:1 immr:6 imms:6 rn:5 rd:5", (o, f) => {
    o.setXOrSp(f.rd, o.and(o.x(f.rn), bitMask(o, f)));
  }, { allocated: isBitMask }),
  row("orr (immediate)", "sf:1 01 100100 N:1 immr:6 imms:6 rn:5 rd:5", (o, f) => {
    setRdOrSp(o, f, o.or(o.x(f.rn), bitMask(o, f)));
  }, { allocated: isBitMask }),
  row("eor (immediate)", "sf:1 10 100100 N:1 immr:6 imms:6 rn:5 rd:5", (o, f) => {
    setRdOrSp(o, f, o.xor(o.x(f.rn), bitMask(o, f)));
  }, { allocated: isBitMask }),
  row("ands (immediate)", "sf:1 11 100100 N:1 immr:6 imms:6 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, o.logicFlags(o.and(o.x(f.rn), bitMask(o, f)), f.sf === 1));
  }, { allocated: isBitMask }),

  // Move wide (immediate).
  row("movn", "sf:1 00 100101 hw:2 imm16:16 rd:5", (o, f) => {
    o.setX(f.rd, o.constant(BigInt.asUintN(widthOf(f), ~imm16(f))));
  }, { allocated: halfwordFits }),
  row("movz", "sf:1 10 100101 hw:2 imm16:16 rd:5", (o, f) => {
    o.setX(f.rd, o.constant(imm16(f)));
  }, { allocated: halfwordFits }),
  row("movk", "sf:1 11 100101 hw:2 imm16:16 rd:5", (o, f) => {
    const others = BigInt.asUintN(64, ~imm16({ hw: f.hw, imm16: 0xffff }));
    setRd(o, f, o.or(o.and(o.x(f.rd), o.constant(others)), o.constant(imm16(f))));
  }, { allocated: halfwordFits }),

  // Bitfield.
  row("sbfm", "sf:1 00 100110 N:1 immr:6 imms:6 rn:5 rd:5", (o, f) => {
    setRd(o, f, signedField(o, f));
  }, { allocated: bitfieldFits }),
  row("bfm", "sf:1 01 100110 N:1 immr:6 imms:6 rn:5 rd:5", (o, f) => {
    const { width, to } = bitfield(f);
    const inserted = ((1n << BigInt(width)) - 1n) << BigInt(to);
    const others = o.and(o.x(f.rd), o.constant(BigInt.asUintN(64, ~inserted)));
    setRd(o, f, o.or(others, unsignedField(o, f)));
  }, { allocated: bitfieldFits }),
  row("ubfm", "sf:1 10 100110 N:1 immr:6 imms:6 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, unsignedField(o, f));
  }, { allocated: bitfieldFits }),

  // Extract.
  row("extr", "sf:1 00 100111 N:1 0 rm:5 imms:6 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, extract(o, f));
  }, { allocated: (f) => f.N === f.sf && f.imms < widthOf(f) }),
];

/** What adrp counts in. */
const PAGE = 4096n;

function pageOffset(f: { readonly immlo: number; readonly immhi: number }): number {
  return signed((f.immhi << 2) | f.immlo, 21);
}

/** The immediate of add and sub: 12 bits, shifted left by as many if `sh` says so. */
function imm12(f: { readonly sh: number; readonly imm12: number }): number {
  return f.sh === 1 ? f.imm12 << 12 : f.imm12;
}

/** The immediate of a move: 16 bits at one of four places. */
function imm16(f: { readonly hw: number; readonly imm16: number }): bigint {
  return BigInt(f.imm16) << BigInt(16 * f.hw);
}

function halfwordFits(f: { readonly sf: number; readonly hw: number }): boolean {
  return 16 * f.hw < widthOf(f);
}

function isBitMask(f: BitMaskFields): boolean {
  return decodeBitMask(f) !== undefined;
}

/** The mask of an allocated logical immediate, as wide as the registers. */
function bitMask<V, B>(o: Ops<V, B>, f: BitMaskFields): V {
  return o.constant(BigInt.asUintN(widthOf(f), decodeBitMask(f) ?? 0n));
}

/** The fields of a bitfield move. */
interface BitfieldFields extends Sized {
  readonly N: number;
  readonly immr: number;
  readonly imms: number;
  readonly rn: number;
}

function bitfieldFits(f: Omit<BitfieldFields, "rn">): boolean {
  return f.N === f.sf && f.immr < widthOf(f) && f.imms < widthOf(f);
}

/**
 * Where a bitfield move takes its bits and where it puts them: bits imms:immr
 * to the bottom, or, if imms is below immr, bits imms:0 to where a rotation
 * right by immr takes them (Arm ARM C6.2, "BFM").
 */
function bitfield(f: BitfieldFields): { from: number; to: number; width: number } {
  return f.imms >= f.immr
    ? { from: f.immr, to: 0, width: f.imms - f.immr + 1 }
    : { from: 0, to: widthOf(f) - f.immr, width: f.imms + 1 };
}

/** The bits that a bitfield move moves, at their new place, with zeros around. */
function unsignedField<V, B>(o: Ops<V, B>, f: BitfieldFields): V {
  const { from, to, width } = bitfield(f);
  const rn = o.x(f.rn);
  const moved = from === 0 ? rn : o.shr(rn, o.constant(from));
  if (from + width === 64) return moved;
  if (to === 0) return lowBits(o, moved, width);
  // Of lsl the highest bits drop out anyway.
  if (to + width === widthOf(f)) return sized(o, f, o.shl(rn, o.constant(to)));
  return o.shl(lowBits(o, rn, width), o.constant(to));
}

/** The same with zeros below and copies of the highest bit above. */
function signedField<V, B>(o: Ops<V, B>, f: BitfieldFields): V {
  const { from, to, width } = bitfield(f);
  const rn = o.x(f.rn);
  const field = from === 0
    ? width === 64 ? rn : o.signExtend(rn, width)
    : o.sar(from + width === 64 ? rn : o.signExtend(rn, from + width), o.constant(from));
  return to === 0 ? field : o.shl(field, o.constant(to));
}

/** As many bits as a register has, of Rn:Rm from bit imms on. */
function extract<V, B>(
  o: Ops<V, B>,
  f: Sized & { readonly rn: number; readonly rm: number; readonly imms: number },
): V {
  if (f.imms === 0) return source(o, f, f.rm);
  if (f.rn === f.rm) return rotate(o, f, o.x(f.rm), o.constant(f.imms));
  const low = o.shr(source(o, f, f.rm), o.constant(f.imms));
  return sized(o, f, o.or(low, o.shl(o.x(f.rn), o.constant(widthOf(f) - f.imms))));
}
