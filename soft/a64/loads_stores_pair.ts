/** Arm ARM C4.1, "Loads and Stores": register pairs. */

import type { Ops } from "../ops.ts";
import { plus, signed } from "./operands.ts";
import { memoryRow, type Row } from "./row.ts";
import { baseAddress, bytes, extend, type Extension } from "./transfers.ts";

/**
 * Loads and stores of register pairs, by addressing mode.
 *
 * No syndrome: a pair cannot access MMIO. The hint of the non-temporal forms is
 * ignored. `sf` is 1 for X registers; ldpsw has its own encoding.
 */
export const loadsStoresPair: readonly Row[] = [
  memoryRow("stnp", "sf:1 0 101 0 000 0 imm7:7 rt2:5 rn:5 rt:5", (o, f) => {
    storePair(o, f, "offset");
  }),
  memoryRow("ldnp", "sf:1 0 101 0 000 1 imm7:7 rt2:5 rn:5 rt:5", (o, f) => {
    loadPair(o, f, "offset");
  }, { unpredictable: loadsTwice }),

  memoryRow("stp (post-index)", "sf:1 0 101 0 001 0 imm7:7 rt2:5 rn:5 rt:5", (o, f) => {
    storePair(o, f, "post-index");
  }, { unpredictable: movesOwnBase }),
  memoryRow("ldp (post-index)", "sf:1 0 101 0 001 1 imm7:7 rt2:5 rn:5 rt:5", (o, f) => {
    loadPair(o, f, "post-index");
  }, { unpredictable: (f) => loadsTwice(f) || movesOwnBase(f) }),
  memoryRow("ldpsw (post-index)", "01 101 0 001 1 imm7:7 rt2:5 rn:5 rt:5", (o, f) => {
    loadPair(o, { ...f, sf: 0 }, "post-index", "signed x");
  }, { unpredictable: (f) => loadsTwice(f) || movesOwnBase(f) }),

  memoryRow("stp (offset)", "sf:1 0 101 0 010 0 imm7:7 rt2:5 rn:5 rt:5", (o, f) => {
    storePair(o, f, "offset");
  }),
  memoryRow("ldp (offset)", "sf:1 0 101 0 010 1 imm7:7 rt2:5 rn:5 rt:5", (o, f) => {
    loadPair(o, f, "offset");
  }, { unpredictable: loadsTwice }),
  memoryRow("ldpsw (offset)", "01 101 0 010 1 imm7:7 rt2:5 rn:5 rt:5", (o, f) => {
    loadPair(o, { ...f, sf: 0 }, "offset", "signed x");
  }, { unpredictable: loadsTwice }),

  memoryRow("stp (pre-index)", "sf:1 0 101 0 011 0 imm7:7 rt2:5 rn:5 rt:5", (o, f) => {
    storePair(o, f, "pre-index");
  }, { unpredictable: movesOwnBase }),
  memoryRow("ldp (pre-index)", "sf:1 0 101 0 011 1 imm7:7 rt2:5 rn:5 rt:5", (o, f) => {
    loadPair(o, f, "pre-index");
  }, { unpredictable: (f) => loadsTwice(f) || movesOwnBase(f) }),
  memoryRow("ldpsw (pre-index)", "01 101 0 011 1 imm7:7 rt2:5 rn:5 rt:5", (o, f) => {
    loadPair(o, { ...f, sf: 0 }, "pre-index", "signed x");
  }, { unpredictable: (f) => loadsTwice(f) || movesOwnBase(f) }),
];

/** Two registers, their base and an offset in units of their size. */
interface PairFields {
  readonly sf: number;
  readonly imm7: number;
  readonly rt2: number;
  readonly rn: number;
  readonly rt: number;
}

/** Whether the base moves, and when. */
type Mode = "offset" | "post-index" | "pre-index";

/** Loads both values into one register. Here the second wins. */
function loadsTwice(f: Pick<PairFields, "rt" | "rt2">): boolean {
  return f.rt === f.rt2;
}

/** Writes back to a register that is moved. Here a store stores the old value, and a load wins. */
function movesOwnBase(f: Pick<PairFields, "rt" | "rt2" | "rn">): boolean {
  return f.rn !== 31 && (f.rn === f.rt || f.rn === f.rt2);
}

/** The power of two of a register's size. */
function sizeOf(f: PairFields): number {
  return 2 + f.sf;
}

/** The address of the first of the two, and what the base becomes, if it moves. */
function addresses<V, B>(o: Ops<V, B>, f: PairFields, mode: Mode): [V, V | undefined] {
  const offset = signed(f.imm7, 7) * bytes(sizeOf(f));
  const base = o.once(baseAddress(o, f));
  const moved = plus(o, base, offset);
  return [mode === "post-index" ? base : moved, mode === "offset" ? undefined : moved];
}

function storePair<V, B>(o: Ops<V, B>, f: PairFields, mode: Mode): void {
  const [address, moved] = addresses(o, f, mode);
  o.storePair(address, [o.x(f.rt), o.x(f.rt2)], { size: bytes(sizeOf(f)) });
  if (moved !== undefined) o.setXOrSp(f.rn, moved);
}

function loadPair<V, B>(
  o: Ops<V, B>,
  f: PairFields,
  mode: Mode,
  extension: Extension = "zero",
): void {
  const [address, moved] = addresses(o, f, mode);
  const size = sizeOf(f);
  const [a, b] = o.loadPair(address, { size: bytes(size) });
  if (moved !== undefined) o.setXOrSp(f.rn, moved);
  o.setX(f.rt, extend(o, size, a, extension));
  o.setX(f.rt2, extend(o, size, b, extension));
}
