/** Arm ARM C4.1, "Data Processing -- Register": logical, add and subtract, conditional. */

import type { Ops } from "../ops.ts";
import {
  adds,
  extendedRm,
  not,
  plus,
  setRd,
  setRdOrSp,
  type ShiftedFields,
  shiftedRm,
  shiftFits,
  type Sized,
  sized,
  subs,
} from "./operands.ts";
import { type Row, row } from "./row.ts";

/**
 * Logical, add and subtract, conditional.
 *
 * The extended forms are the ones with the stack pointer: Rn, and Rd unless
 * flags are set. In all others here register 31 is the zero register.
 */
export const dataProcessingRegister: readonly Row[] = [
  // Logical (shifted register).
  row("and", "sf:1 00 01010 shift:2 0 rm:5 imm6:6 rn:5 rd:5", (o, f) => {
    setRd(o, f, o.and(o.x(f.rn), shiftedRm(o, f)));
  }, { allocated: shiftFits }),
  row("bic", "sf:1 00 01010 shift:2 1 rm:5 imm6:6 rn:5 rd:5", (o, f) => {
    setRd(o, f, o.and(o.x(f.rn), not(o, shiftedRm(o, f))));
  }, { allocated: shiftFits }),
  row("orr", "sf:1 01 01010 shift:2 0 rm:5 imm6:6 rn:5 rd:5", (o, f) => {
    setRd(o, f, registerOr(o, f.rn, shiftedRm(o, f)));
  }, { allocated: shiftFits }),
  row("orn", "sf:1 01 01010 shift:2 1 rm:5 imm6:6 rn:5 rd:5", (o, f) => {
    setRd(o, f, registerOr(o, f.rn, not(o, shiftedRm(o, f))));
  }, { allocated: shiftFits }),
  row("eor", "sf:1 10 01010 shift:2 0 rm:5 imm6:6 rn:5 rd:5", (o, f) => {
    setRd(o, f, o.xor(o.x(f.rn), shiftedRm(o, f)));
  }, { allocated: shiftFits }),
  row("eon", "sf:1 10 01010 shift:2 1 rm:5 imm6:6 rn:5 rd:5", (o, f) => {
    setRd(o, f, o.xor(o.x(f.rn), not(o, shiftedRm(o, f))));
  }, { allocated: shiftFits }),
  row("ands", "sf:1 11 01010 shift:2 0 rm:5 imm6:6 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, o.logicFlags(sized(o, f, o.and(o.x(f.rn), shiftedRm(o, f))), f.sf === 1));
  }, { allocated: shiftFits }),
  row("bics", "sf:1 11 01010 shift:2 1 rm:5 imm6:6 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, o.logicFlags(sized(o, f, o.and(o.x(f.rn), not(o, shiftedRm(o, f)))), f.sf === 1));
  }, { allocated: shiftFits }),

  // Add and subtract (shifted register).
  row("add", "sf:1 00 01011 shift:2 0 rm:5 imm6:6 rn:5 rd:5", (o, f) => {
    setRd(o, f, o.add(o.x(f.rn), shiftedRm(o, f)));
  }, { allocated: sumShiftFits }),
  row("adds", "sf:1 01 01011 shift:2 0 rm:5 imm6:6 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, adds(o, f, o.x(f.rn), shiftedRm(o, f)));
  }, { allocated: sumShiftFits }),
  row("sub", "sf:1 10 01011 shift:2 0 rm:5 imm6:6 rn:5 rd:5", (o, f) => {
    setRd(o, f, o.sub(o.x(f.rn), shiftedRm(o, f)));
  }, { allocated: sumShiftFits }),
  row("subs", "sf:1 11 01011 shift:2 0 rm:5 imm6:6 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, subs(o, f, o.x(f.rn), shiftedRm(o, f)));
  }, { allocated: sumShiftFits }),

  // Add and subtract (extended register).
  row("add (extended)", "sf:1 00 01011 00 1 rm:5 option:3 imm3:3 rn:5 rd:5", (o, f) => {
    setRdOrSp(o, f, o.add(o.xOrSp(f.rn), extendedRm(o, f, f.imm3)));
  }, { allocated: extendFits }),
  row("adds (extended)", "sf:1 01 01011 00 1 rm:5 option:3 imm3:3 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, adds(o, f, o.xOrSp(f.rn), extendedRm(o, f, f.imm3)));
  }, { allocated: extendFits }),
  row("sub (extended)", "sf:1 10 01011 00 1 rm:5 option:3 imm3:3 rn:5 rd:5", (o, f) => {
    setRdOrSp(o, f, o.sub(o.xOrSp(f.rn), extendedRm(o, f, f.imm3)));
  }, { allocated: extendFits }),
  row("subs (extended)", "sf:1 11 01011 00 1 rm:5 option:3 imm3:3 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, subs(o, f, o.xOrSp(f.rn), extendedRm(o, f, f.imm3)));
  }, { allocated: extendFits }),

  // Add and subtract (with carry).
  row("adc", "sf:1 00 11010000 rm:5 000000 rn:5 rd:5", (o, f) => {
    setRd(o, f, o.add(o.add(o.x(f.rn), o.x(f.rm)), o.fromTruth(o.carry())));
  }),
  row("adcs", "sf:1 01 11010000 rm:5 000000 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, addsWithCarry(o, f, o.x(f.rm)));
  }),
  row("sbc", "sf:1 10 11010000 rm:5 000000 rn:5 rd:5", (o, f) => {
    setRd(o, f, o.add(o.add(o.x(f.rn), not(o, o.x(f.rm))), o.fromTruth(o.carry())));
  }),
  row("sbcs", "sf:1 11 11010000 rm:5 000000 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, addsWithCarry(o, f, not(o, o.x(f.rm))));
  }),

  // Conditional compare (register, immediate).
  row("ccmn", "sf:1 01 11010010 rm:5 cond:4 00 rn:5 0 nzcv:4", (o, f) => {
    compareIf(o, f, o.x(f.rm), false);
  }),
  row("ccmp", "sf:1 11 11010010 rm:5 cond:4 00 rn:5 0 nzcv:4", (o, f) => {
    compareIf(o, f, o.x(f.rm), true);
  }),
  row("ccmn (immediate)", "sf:1 01 11010010 imm5:5 cond:4 10 rn:5 0 nzcv:4", (o, f) => {
    compareIf(o, f, o.constant(f.imm5), false);
  }),
  row("ccmp (immediate)", "sf:1 11 11010010 imm5:5 cond:4 10 rn:5 0 nzcv:4", (o, f) => {
    compareIf(o, f, o.constant(f.imm5), true);
  }),

  // Conditional select.
  row("csel", "sf:1 00 11010100 rm:5 cond:4 00 rn:5 rd:5", (o, f) => {
    setRd(o, f, o.select(o.holds(f.cond), o.x(f.rn), o.x(f.rm)));
  }),
  row("csinc", "sf:1 00 11010100 rm:5 cond:4 01 rn:5 rd:5", (o, f) => {
    // cset is the frequent one.
    if (f.rn === 31 && f.rm === 31) o.setX(f.rd, o.fromTruth(o.not(o.holds(f.cond))));
    else setRd(o, f, o.select(o.holds(f.cond), o.x(f.rn), plus(o, o.x(f.rm), 1)));
  }),
  row("csinv", "sf:1 10 11010100 rm:5 cond:4 00 rn:5 rd:5", (o, f) => {
    setRd(o, f, o.select(o.holds(f.cond), o.x(f.rn), not(o, o.x(f.rm))));
  }),
  row("csneg", "sf:1 10 11010100 rm:5 cond:4 01 rn:5 rd:5", (o, f) => {
    setRd(o, f, o.select(o.holds(f.cond), o.x(f.rn), o.sub(o.constant(0), o.x(f.rm))));
  }),
];

/** A register or a value: nothing but the value for the zero register (mov, mvn). */
function registerOr<V, B>(o: Ops<V, B>, n: number, value: V): V {
  return n === 31 ? value : o.or(o.x(n), value);
}

/** Add and subtract have no ror. */
function sumShiftFits(f: Omit<ShiftedFields, "rm">): boolean {
  return f.shift !== 3 && shiftFits(f);
}

/** Extended registers shift by 0 to 4. */
function extendFits(f: { readonly imm3: number }): boolean {
  return f.imm3 <= 4;
}

function addsWithCarry<V, B>(o: Ops<V, B>, f: Sized & { readonly rn: number }, b: V): V {
  return o.addWithFlags(o.x(f.rn), b, o.carry(), f.sf === 1);
}

/** Compares if the condition holds, and else sets the flags to a constant. */
function compareIf<V, B>(
  o: Ops<V, B>,
  f: Sized & { readonly cond: number; readonly rn: number; readonly nzcv: number },
  b: V,
  subtract: boolean,
): void {
  o.compareIf(f.cond, { a: o.x(f.rn), b, is64: f.sf === 1, subtract, otherwise: f.nzcv });
}
