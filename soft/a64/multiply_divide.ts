/** Arm ARM C4.1, "Data Processing -- Register": one, two and three sources. */

import type { AccessSize, Ops } from "../ops.ts";
import { registerPlus, rotate, setRd, signedSource, type Sized, source } from "./operands.ts";
import { type Row, row } from "./row.ts";

/** Bit reversal and counting, divisions, shifts by a register, CRC32, multiplications. */
export const multiplyDivide: readonly Row[] = [
  // One source.
  row("rbit", "sf:1 10 11010110 00000 000000 rn:5 rd:5", (o, f) => {
    setRd(o, f, reverse(o, o.x(f.rn), f.sf === 1 ? [1, 2, 4, 8, 16, 32] : [1, 2, 4, 8, 16]));
  }),
  row("rev16", "sf:1 10 11010110 00000 000001 rn:5 rd:5", (o, f) => {
    setRd(o, f, reverse(o, o.x(f.rn), [8]));
  }),
  // Of a W register this is called rev, of an X register rev32.
  row("rev32", "sf:1 10 11010110 00000 000010 rn:5 rd:5", (o, f) => {
    setRd(o, f, reverse(o, o.x(f.rn), [8, 16]));
  }),
  row("rev", "1 10 11010110 00000 000011 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, reverse(o, o.x(f.rn), [8, 16, 32]));
  }),
  row("clz", "sf:1 10 11010110 00000 000100 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, countZeros(o, f, source(o, f, f.rn), 0));
  }),
  // The bits below the sign that equal it: where a bit differs from the next higher one.
  row("cls", "sf:1 10 11010110 00000 000101 rn:5 rd:5", (o, f) => {
    const rn = o.once(signedSource(o, f, f.rn));
    o.setX(f.rd, countZeros(o, f, o.xor(rn, o.sar(rn, o.constant(1))), 1));
  }),

  // Two sources.
  row("udiv", "sf:1 00 11010110 rm:5 000010 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, o.udiv(source(o, f, f.rn), source(o, f, f.rm)));
  }),
  row("sdiv", "sf:1 00 11010110 rm:5 000011 rn:5 rd:5", (o, f) => {
    setRd(o, f, o.sdiv(signedSource(o, f, f.rn), signedSource(o, f, f.rm)));
  }),
  row("lslv", "sf:1 00 11010110 rm:5 001000 rn:5 rd:5", (o, f) => {
    setRd(o, f, o.shl(o.x(f.rn), shiftAmount(o, f)));
  }),
  row("lsrv", "sf:1 00 11010110 rm:5 001001 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, o.shr(source(o, f, f.rn), shiftAmount(o, f)));
  }),
  row("asrv", "sf:1 00 11010110 rm:5 001010 rn:5 rd:5", (o, f) => {
    setRd(o, f, o.sar(signedSource(o, f, f.rn), shiftAmount(o, f)));
  }),
  row("rorv", "sf:1 00 11010110 rm:5 001011 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, rotate(o, f, o.x(f.rn), o.x(f.rm)));
  }),
  row("crc32", "sf:1 00 11010110 rm:5 0100 sz:2 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, crc32(o, f, false));
  }, { allocated: crcFits }),
  row("crc32c", "sf:1 00 11010110 rm:5 0101 sz:2 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, crc32(o, f, true));
  }, { allocated: crcFits }),

  // Three sources.
  row("madd", "sf:1 00 11011 000 rm:5 0 ra:5 rn:5 rd:5", (o, f) => {
    setRd(o, f, registerPlus(o, f.ra, o.mul(o.x(f.rn), o.x(f.rm))));
  }),
  row("msub", "sf:1 00 11011 000 rm:5 1 ra:5 rn:5 rd:5", (o, f) => {
    setRd(o, f, o.sub(o.x(f.ra), o.mul(o.x(f.rn), o.x(f.rm))));
  }),
  row("smaddl", "1 00 11011 001 rm:5 0 ra:5 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, registerPlus(o, f.ra, signedProduct(o, f)));
  }),
  row("smsubl", "1 00 11011 001 rm:5 1 ra:5 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, o.sub(o.x(f.ra), signedProduct(o, f)));
  }),
  row("umaddl", "1 00 11011 101 rm:5 0 ra:5 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, registerPlus(o, f.ra, unsignedProduct(o, f)));
  }),
  row("umsubl", "1 00 11011 101 rm:5 1 ra:5 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, o.sub(o.x(f.ra), unsignedProduct(o, f)));
  }),
  // Their Ra should be ones, and is ignored.
  row("smulh", "1 00 11011 010 rm:5 0 ra:5 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, o.smulh(o.x(f.rn), o.x(f.rm)));
  }, { unpredictable: (f) => f.ra !== 31 }),
  row("umulh", "1 00 11011 110 rm:5 0 ra:5 rn:5 rd:5", (o, f) => {
    o.setX(f.rd, o.umulh(o.x(f.rn), o.x(f.rm)));
  }, { unpredictable: (f) => f.ra !== 31 }),
];

/** Two source registers. */
interface Sources {
  readonly rn: number;
  readonly rm: number;
}

/** Reverses the order of groups of bits: each step exchanges neighbours of so many bits. */
function reverse<V, B>(o: Ops<V, B>, value: V, steps: readonly number[]): V {
  for (const step of steps) {
    if (step === 32) {
      value = o.ror(value, o.constant(32));
    } else {
      const both = o.once(value);
      const low = o.constant(everySecond(step));
      const amount = o.constant(step);
      value = o.or(o.and(o.shr(both, amount), low), o.shl(o.and(both, low), amount));
    }
  }
  return value;
}

/** A mask of every second group of so many bits, from the lowest. */
function everySecond(bits: number): bigint {
  return 0xffff_ffff_ffff_ffffn / ((1n << BigInt(bits)) + 1n);
}

/** The leading zeros of a value as wide as a register, less so many. */
function countZeros<V, B>(o: Ops<V, B>, f: Sized, value: V, less: number): V {
  const surplus = less + (f.sf === 1 ? 0 : 32);
  return surplus === 0 ? o.clz(value) : o.sub(o.clz(value), o.constant(surplus));
}

/** Rm as the amount of a shift: modulo the width, as `Ops` takes it for 64 bits. */
function shiftAmount<V, B>(o: Ops<V, B>, f: Sized & Sources): V {
  return f.sf === 1 ? o.x(f.rm) : o.and(o.x(f.rm), o.constant(31));
}

function crcFits(f: { readonly sf: number; readonly sz: number }): boolean {
  return f.sf === (f.sz === 3 ? 1 : 0);
}

function crc32<V, B>(
  o: Ops<V, B>,
  f: Sources & { readonly sz: number },
  castagnoli: boolean,
): V {
  return o.crc32(o.w(o.x(f.rn)), o.x(f.rm), (1 << f.sz) as AccessSize, castagnoli);
}

function signedProduct<V, B>(o: Ops<V, B>, f: Sources): V {
  return o.mul(o.signExtend(o.x(f.rn), 32), o.signExtend(o.x(f.rm), 32));
}

function unsignedProduct<V, B>(o: Ops<V, B>, f: Sources): V {
  return o.mul(o.w(o.x(f.rn)), o.w(o.x(f.rm)));
}
