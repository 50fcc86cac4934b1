/** Arm ARM C4.1, "Loads and Stores": atomic memory operations and compare and swap (FEAT_LSE). */

import type { Access, AtomicOp, Ops } from "../ops.ts";
import { memoryRow, type Row } from "./row.ts";
import { baseAddress, bytes } from "./transfers.ts";

/**
 * Read-modify-write, swap, compare and swap.
 *
 * `a` is acquire, `r` release. With Rt 31 these are called stadd, stclr, ….
 * The CPU does not describe atomic accesses in the syndrome of a fault.
 */
export const loadsStoresAtomic: readonly Row[] = [
  memoryRow("ldadd", "size:2 111 0 00 a:1 r:1 1 rs:5 0 000 00 rn:5 rt:5", (o, f) => {
    modify(o, f, "add");
  }),
  memoryRow("ldclr", "size:2 111 0 00 a:1 r:1 1 rs:5 0 001 00 rn:5 rt:5", (o, f) => {
    modify(o, f, "clr");
  }),
  memoryRow("ldeor", "size:2 111 0 00 a:1 r:1 1 rs:5 0 010 00 rn:5 rt:5", (o, f) => {
    modify(o, f, "eor");
  }),
  memoryRow("ldset", "size:2 111 0 00 a:1 r:1 1 rs:5 0 011 00 rn:5 rt:5", (o, f) => {
    modify(o, f, "set");
  }),
  memoryRow("ldsmax", "size:2 111 0 00 a:1 r:1 1 rs:5 0 100 00 rn:5 rt:5", (o, f) => {
    modify(o, f, "smax");
  }),
  memoryRow("ldsmin", "size:2 111 0 00 a:1 r:1 1 rs:5 0 101 00 rn:5 rt:5", (o, f) => {
    modify(o, f, "smin");
  }),
  memoryRow("ldumax", "size:2 111 0 00 a:1 r:1 1 rs:5 0 110 00 rn:5 rt:5", (o, f) => {
    modify(o, f, "umax");
  }),
  memoryRow("ldumin", "size:2 111 0 00 a:1 r:1 1 rs:5 0 111 00 rn:5 rt:5", (o, f) => {
    modify(o, f, "umin");
  }),
  memoryRow("swp", "size:2 111 0 00 a:1 r:1 1 rs:5 1 000 00 rn:5 rt:5", (o, f) => {
    modify(o, f, "swp");
  }),

  // Rs is compared with memory and gets what was there; Rt is stored.
  memoryRow("cas", "size:2 001000 1 a:1 1 rs:5 r:1 11111 rn:5 rt:5", (o, f) => {
    o.setX(f.rs, o.compareAndSwap(baseAddress(o, f), o.x(f.rs), o.x(f.rt), access(f, f.size)));
  }),
  memoryRow("casp", "0 sz:1 001000 0 a:1 1 rs:5 r:1 11111 rn:5 rt:5", (o, f) => {
    compareAndSwapPair(o, f);
  }, { allocated: (f) => isEven(f.rs) && isEven(f.rt) }),
];

/** Acquire and release. */
interface OrderFields {
  readonly a: number;
  readonly r: number;
}

/** The fields of an atomic memory operation. */
interface AtomicFields extends OrderFields {
  readonly size: number;
  readonly rs: number;
  readonly rn: number;
  readonly rt: number;
}

function isEven(n: number): boolean {
  return n % 2 === 0;
}

function access(f: OrderFields, size: number): Access {
  return { size: bytes(size), ordered: f.a === 1 || f.r === 1 };
}

function modify<V, B>(o: Ops<V, B>, f: AtomicFields, op: AtomicOp): void {
  o.setX(f.rt, o.atomic(op, baseAddress(o, f), o.x(f.rs), access(f, f.size)));
}

function compareAndSwapPair<V, B>(
  o: Ops<V, B>,
  f: Omit<AtomicFields, "size"> & { readonly sz: number },
): void {
  const expected: [V, V] = [o.x(f.rs), o.x(f.rs + 1)];
  const values: [V, V] = [o.x(f.rt), o.x(f.rt + 1)];
  const [a, b] = o.compareAndSwapPair(baseAddress(o, f), expected, values, access(f, 2 + f.sz));
  o.setX(f.rs, a);
  o.setX(f.rs + 1, b);
}
