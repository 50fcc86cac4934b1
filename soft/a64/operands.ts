/** What instructions work on: registers of either width, shifted and extended registers, places relative to the PC. */

import type { Ops } from "../ops.ts";

/** An instruction with a form for X registers (`sf` is 1) and one for W registers. */
export interface Sized {
  readonly sf: number;
}

/** The width of an instruction's registers in bits. */
export function widthOf(f: Sized): number {
  return f.sf === 1 ? 64 : 32;
}

/** A value as wide as the instruction's registers. */
export function sized<V, B>(o: Ops<V, B>, f: Sized, value: V): V {
  return f.sf === 1 ? value : o.w(value);
}

/** A source register where its upper half matters. */
export function source<V, B>(o: Ops<V, B>, f: Sized, n: number): V {
  return sized(o, f, o.x(n));
}

/** A source register as a signed number. */
export function signedSource<V, B>(o: Ops<V, B>, f: Sized, n: number): V {
  return f.sf === 1 ? o.x(n) : o.signExtend(o.x(n), 32);
}

/** Sets the destination Rd; writing a W register clears the upper half. */
export function setRd<V, B>(o: Ops<V, B>, f: Sized & { readonly rd: number }, value: V): void {
  o.setX(f.rd, sized(o, f, value));
}

/** Sets the destination Rd where 31 is the stack pointer. */
export function setRdOrSp<V, B>(o: Ops<V, B>, f: Sized & { readonly rd: number }, value: V): void {
  o.setXOrSp(f.rd, sized(o, f, value));
}

/** Every bit the other way round, in 64 bits. */
export function not<V, B>(o: Ops<V, B>, value: V): V {
  return o.xor(value, o.constant(-1n));
}

/** The low bits of a value, all for 64. */
export function lowBits<V, B>(o: Ops<V, B>, value: V, bits: number): V {
  return bits === 64 ? value : o.and(value, o.constant((1n << BigInt(bits)) - 1n));
}

/** A value and a constant. */
export function plus<V, B>(o: Ops<V, B>, value: V, constant: number): V {
  return constant === 0 ? value : o.add(value, o.constant(constant));
}

/** A register and a value: nothing but the value for the zero register. */
export function registerPlus<V, B>(o: Ops<V, B>, n: number, value: V): V {
  return n === 31 ? value : o.add(o.x(n), value);
}

/** a + b, setting the flags. */
export function adds<V, B>(o: Ops<V, B>, f: Sized, a: V, b: V): V {
  return o.addWithFlags(a, b, undefined, f.sf === 1);
}

/** a - b, setting the flags. */
export function subs<V, B>(o: Ops<V, B>, f: Sized, a: V, b: V): V {
  return o.subWithFlags(a, b, f.sf === 1);
}

/** A register operand with a shift (ShiftReg, Arm ARM C1.2.5 and J1.1.3). */
export interface ShiftedFields extends Sized {
  readonly shift: number;
  readonly rm: number;
  readonly imm6: number;
}

/** A shift is less than the register's width. */
export function shiftFits(f: { readonly sf: number; readonly imm6: number }): boolean {
  return f.imm6 < widthOf(f);
}

/** The shift types, by their encoding. */
const LSL = 0;
const LSR = 1;
const ASR = 2;

/** Rm shifted by a constant. Its upper half is not to be relied on in 32-bit forms. */
export function shiftedRm<V, B>(o: Ops<V, B>, f: ShiftedFields): V {
  if (f.imm6 === 0) return o.x(f.rm);
  const amount = o.constant(f.imm6);
  switch (f.shift) {
    case LSL:
      return o.shl(o.x(f.rm), amount);
    case LSR:
      return o.shr(source(o, f, f.rm), amount);
    case ASR:
      return o.sar(signedSource(o, f, f.rm), amount);
    default:
      return rotate(o, f, o.x(f.rm), amount);
  }
}

/** A value rotated right within the width of the instruction's registers. */
export function rotate<V, B>(o: Ops<V, B>, f: Sized, value: V, amount: V): V {
  return f.sf === 1 ? o.ror(value, amount) : o.ror32(value, amount);
}

/** In `option` of an extended register: sign-extended. */
const EXTEND_SIGNED = 4;
/** In `option` of an extended register: the power of two of its bytes. */
const EXTEND_SIZE = 3;

/**
 * Rm extended and shifted left (ExtendReg, Arm ARM J1.1.3): uxtb uxth uxtw uxtx
 * sxtb sxth sxtw sxtx by `option`.
 */
export function extendedRm<V, B>(
  o: Ops<V, B>,
  f: { readonly rm: number; readonly option: number },
  amount: number,
): V {
  const bits = 8 << (f.option & EXTEND_SIZE);
  const signed = (f.option & EXTEND_SIGNED) !== 0;
  const rm = o.x(f.rm);
  const value = bits === 64
    ? rm
    : signed
    ? o.signExtend(rm, bits)
    : bits === 32
    ? o.w(rm)
    : lowBits(o, rm, bits);
  return amount === 0 ? value : o.shl(value, o.constant(amount));
}

/** A field as a signed number. */
export function signed(value: number, bits: number): number {
  const unused = 32 - bits;
  return (value << unused) >> unused;
}

/** An address relative to the instruction's. */
export function relative<V, B>(o: Ops<V, B>, offset: number): bigint {
  return BigInt.asUintN(64, o.pc + BigInt(offset));
}
