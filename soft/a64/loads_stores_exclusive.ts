/** Arm ARM C4.1, "Loads and Stores": exclusive and ordered. */

import type { Ops } from "../ops.ts";
import { memoryRow, type Row } from "./row.ts";
import { baseAddress, bytes, loadRt, storeRt } from "./transfers.ts";

const ORDERED = { ordered: true };

/**
 * Exclusives, and loads and stores that are ordered.
 *
 * `o0` is 1 for load-acquire and store-release. Fields that an instruction has
 * no use for should be ones, and are ignored.
 */
export const loadsStoresExclusive: readonly Row[] = [
  // Load and store exclusive register.
  memoryRow("stxr", "size:2 001000 000 rs:5 o0:1 rt2:5 rn:5 rt:5", (o, f) => {
    storeExclusive(o, f, f.size, false);
  }, { unpredictable: (f) => f.rt2 !== 31 || f.rs === f.rt || overwritesBase(f) }),
  memoryRow("ldxr", "size:2 001000 010 rs:5 o0:1 rt2:5 rn:5 rt:5", (o, f) => {
    const access = { size: bytes(f.size), ordered: f.o0 === 1 };
    o.setX(f.rt, o.loadExclusive(baseAddress(o, f), access, false)[0]);
  }, { unpredictable: (f) => f.rs !== 31 || f.rt2 !== 31 }),

  // Load and store exclusive pair.
  memoryRow("stxp", "1 sz:1 001000 001 rs:5 o0:1 rt2:5 rn:5 rt:5", (o, f) => {
    storeExclusive(o, f, 2 + f.sz, true);
  }, { unpredictable: (f) => f.rs === f.rt || f.rs === f.rt2 || overwritesBase(f) }),
  memoryRow("ldxp", "1 sz:1 001000 011 rs:5 o0:1 rt2:5 rn:5 rt:5", (o, f) => {
    const access = { size: bytes(2 + f.sz), ordered: f.o0 === 1 };
    const [a, b] = o.loadExclusive(baseAddress(o, f), access, true);
    o.setX(f.rt, a);
    o.setX(f.rt2, b);
  }, { unpredictable: (f) => f.rs !== 31 || f.rt === f.rt2 }),

  // Load-acquire and store-release; those with a limited region (FEAT_LOR) are
  // ordered with everything.
  memoryRow("stllr", "size:2 001000 100 rs:5 0 rt2:5 rn:5 rt:5", (o, f) => {
    storeRt(o, f, baseAddress(o, f), ORDERED);
  }, { unpredictable: hasUnused }),
  memoryRow("stlr", "size:2 001000 100 rs:5 1 rt2:5 rn:5 rt:5", (o, f) => {
    storeRt(o, f, baseAddress(o, f), ORDERED);
  }, { unpredictable: hasUnused }),
  memoryRow("ldlar", "size:2 001000 110 rs:5 0 rt2:5 rn:5 rt:5", (o, f) => {
    loadRt(o, f, baseAddress(o, f), "zero", ORDERED);
  }, { unpredictable: hasUnused }),
  memoryRow("ldar", "size:2 001000 110 rs:5 1 rt2:5 rn:5 rt:5", (o, f) => {
    loadRt(o, f, baseAddress(o, f), "zero", ORDERED);
  }, { unpredictable: hasUnused }),
];

/** The fields of a store exclusive; Rs gets the status. */
interface ExclusiveFields {
  readonly rs: number;
  readonly o0: number;
  readonly rt2: number;
  readonly rn: number;
  readonly rt: number;
}

/** The status goes to the base register. Here that happens after the store, as if they were different. */
function overwritesBase(f: Pick<ExclusiveFields, "rs" | "rn">): boolean {
  return f.rs === f.rn && f.rn !== 31;
}

function hasUnused(f: Pick<ExclusiveFields, "rs" | "rt2">): boolean {
  return f.rs !== 31 || f.rt2 !== 31;
}

function storeExclusive<V, B>(
  o: Ops<V, B>,
  f: ExclusiveFields,
  size: number,
  pair: boolean,
): void {
  const values: [V, V] = [o.x(f.rt), pair ? o.x(f.rt2) : o.constant(0)];
  const access = { size: bytes(size), ordered: f.o0 === 1 };
  o.setX(f.rs, o.storeExclusive(baseAddress(o, f), values, access, pair));
}
