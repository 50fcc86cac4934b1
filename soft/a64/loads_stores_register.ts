/** Arm ARM C4.1, "Loads and Stores": one register. */

import type { Ops } from "../ops.ts";
import { extendedRm, plus, relative, signed } from "./operands.ts";
import { memoryRow, type Row, row } from "./row.ts";
import {
  baseAddress,
  bytes,
  extend,
  type Extension,
  loadRt,
  storeRt,
  type TransferFields,
} from "./transfers.ts";

const UNPRIVILEGED = { unprivileged: true };

/**
 * Loads and stores of one register, by addressing mode.
 *
 * In each group: store, load, load sign-extended to X, and to W. A prefetch,
 * where the sign-extending load of 8 bytes would be, is a hint and does nothing.
 */
export const loadsStoresRegister: readonly Row[] = [
  // Load register (literal).
  memoryRow("ldr (literal)", "0 opc:1 011 0 00 imm19:19 rt:5", (o, f) => {
    loadRt(o, { size: 2 + f.opc, rt: f.rt }, literal(o, f));
  }),
  memoryRow("ldrsw (literal)", "10 011 0 00 imm19:19 rt:5", (o, f) => {
    loadRt(o, { size: 2, rt: f.rt }, literal(o, f), "signed x");
  }),
  row("prfm (literal)", "11 011 0 00 imm19:19 rt:5", () => {}),

  // Unsigned offset.
  memoryRow("str (unsigned offset)", "size:2 111 0 01 00 imm12:12 rn:5 rt:5", (o, f) => {
    storeRt(o, f, scaled(o, f));
  }),
  memoryRow("ldr (unsigned offset)", "size:2 111 0 01 01 imm12:12 rn:5 rt:5", (o, f) => {
    loadRt(o, f, scaled(o, f));
  }),
  memoryRow("ldrs x (unsigned offset)", "size:2 111 0 01 10 imm12:12 rn:5 rt:5", (o, f) => {
    loadRt(o, f, scaled(o, f), "signed x");
  }, { allocated: widensToX }),
  memoryRow("ldrs w (unsigned offset)", "size:2 111 0 01 11 imm12:12 rn:5 rt:5", (o, f) => {
    loadRt(o, f, scaled(o, f), "signed w");
  }, { allocated: widensToW }),
  row("prfm (unsigned offset)", "11 111 0 01 10 imm12:12 rn:5 rt:5", () => {}),

  // Unscaled offset.
  memoryRow("stur", "size:2 111 0 00 00 0 imm9:9 00 rn:5 rt:5", (o, f) => {
    storeRt(o, f, unscaled(o, f));
  }),
  memoryRow("ldur", "size:2 111 0 00 01 0 imm9:9 00 rn:5 rt:5", (o, f) => {
    loadRt(o, f, unscaled(o, f));
  }),
  memoryRow("ldurs x", "size:2 111 0 00 10 0 imm9:9 00 rn:5 rt:5", (o, f) => {
    loadRt(o, f, unscaled(o, f), "signed x");
  }, { allocated: widensToX }),
  memoryRow("ldurs w", "size:2 111 0 00 11 0 imm9:9 00 rn:5 rt:5", (o, f) => {
    loadRt(o, f, unscaled(o, f), "signed w");
  }, { allocated: widensToW }),
  row("prfum", "11 111 0 00 10 0 imm9:9 00 rn:5 rt:5", () => {}),

  // Unprivileged.
  memoryRow("sttr", "size:2 111 0 00 00 0 imm9:9 10 rn:5 rt:5", (o, f) => {
    storeRt(o, f, unscaled(o, f), UNPRIVILEGED);
  }),
  memoryRow("ldtr", "size:2 111 0 00 01 0 imm9:9 10 rn:5 rt:5", (o, f) => {
    loadRt(o, f, unscaled(o, f), "zero", UNPRIVILEGED);
  }),
  memoryRow("ldtrs x", "size:2 111 0 00 10 0 imm9:9 10 rn:5 rt:5", (o, f) => {
    loadRt(o, f, unscaled(o, f), "signed x", UNPRIVILEGED);
  }, { allocated: widensToX }),
  memoryRow("ldtrs w", "size:2 111 0 00 11 0 imm9:9 10 rn:5 rt:5", (o, f) => {
    loadRt(o, f, unscaled(o, f), "signed w", UNPRIVILEGED);
  }, { allocated: widensToW }),

  // Immediate post-indexed.
  memoryRow("str (post-index)", "size:2 111 0 00 00 0 imm9:9 01 rn:5 rt:5", (o, f) => {
    storeAndMove(o, f, "after");
  }, { unpredictable: movesOwnBase }),
  memoryRow("ldr (post-index)", "size:2 111 0 00 01 0 imm9:9 01 rn:5 rt:5", (o, f) => {
    loadAndMove(o, f, "after", "zero");
  }, { unpredictable: movesOwnBase }),
  memoryRow("ldrs x (post-index)", "size:2 111 0 00 10 0 imm9:9 01 rn:5 rt:5", (o, f) => {
    loadAndMove(o, f, "after", "signed x");
  }, { allocated: widensToX, unpredictable: movesOwnBase }),
  memoryRow("ldrs w (post-index)", "size:2 111 0 00 11 0 imm9:9 01 rn:5 rt:5", (o, f) => {
    loadAndMove(o, f, "after", "signed w");
  }, { allocated: widensToW, unpredictable: movesOwnBase }),

  // Immediate pre-indexed.
  memoryRow("str (pre-index)", "size:2 111 0 00 00 0 imm9:9 11 rn:5 rt:5", (o, f) => {
    storeAndMove(o, f, "before");
  }, { unpredictable: movesOwnBase }),
  memoryRow("ldr (pre-index)", "size:2 111 0 00 01 0 imm9:9 11 rn:5 rt:5", (o, f) => {
    loadAndMove(o, f, "before", "zero");
  }, { unpredictable: movesOwnBase }),
  memoryRow("ldrs x (pre-index)", "size:2 111 0 00 10 0 imm9:9 11 rn:5 rt:5", (o, f) => {
    loadAndMove(o, f, "before", "signed x");
  }, { allocated: widensToX, unpredictable: movesOwnBase }),
  memoryRow("ldrs w (pre-index)", "size:2 111 0 00 11 0 imm9:9 11 rn:5 rt:5", (o, f) => {
    loadAndMove(o, f, "before", "signed w");
  }, { allocated: widensToW, unpredictable: movesOwnBase }),

  // Register offset.
  memoryRow("str (register)", "size:2 111 0 00 00 1 rm:5 option:3 S:1 10 rn:5 rt:5", (o, f) => {
    storeRt(o, f, indexed(o, f));
  }, { allocated: extendsWord }),
  memoryRow("ldr (register)", "size:2 111 0 00 01 1 rm:5 option:3 S:1 10 rn:5 rt:5", (o, f) => {
    loadRt(o, f, indexed(o, f));
  }, { allocated: extendsWord }),
  memoryRow("ldrs x (register)", "size:2 111 0 00 10 1 rm:5 option:3 S:1 10 rn:5 rt:5", (o, f) => {
    loadRt(o, f, indexed(o, f), "signed x");
  }, { allocated: (f) => widensToX(f) && extendsWord(f) }),
  memoryRow("ldrs w (register)", "size:2 111 0 00 11 1 rm:5 option:3 S:1 10 rn:5 rt:5", (o, f) => {
    loadRt(o, f, indexed(o, f), "signed w");
  }, { allocated: (f) => widensToW(f) && extendsWord(f) }),
  row("prfm (register)", "11 111 0 00 10 1 rm:5 option:3 S:1 10 rn:5 rt:5", () => {}, {
    allocated: extendsWord,
  }),
];

/** A register, its base, and a signed offset in bytes. */
interface UnscaledFields extends TransferFields {
  readonly rn: number;
  readonly imm9: number;
}

function widensToX(f: { readonly size: number }): boolean {
  return f.size < 3;
}

function widensToW(f: { readonly size: number }): boolean {
  return f.size < 2;
}

/** An index is an X register, or a W register extended: options 2, 3, 6 and 7. */
function extendsWord(f: { readonly option: number }): boolean {
  return (f.option & 2) !== 0;
}

/** Writes back to the register that is moved. Here a store stores the old value, and a load wins. */
function movesOwnBase(f: { readonly rn: number; readonly rt: number }): boolean {
  return f.rn === f.rt && f.rn !== 31;
}

function literal<V, B>(o: Ops<V, B>, f: { readonly imm19: number }): V {
  return o.constant(relative(o, signed(f.imm19, 19) * 4));
}

function scaled<V, B>(
  o: Ops<V, B>,
  f: { readonly rn: number; readonly imm12: number; readonly size: number },
): V {
  return plus(o, baseAddress(o, f), f.imm12 * bytes(f.size));
}

function unscaled<V, B>(o: Ops<V, B>, f: UnscaledFields): V {
  return plus(o, baseAddress(o, f), signed(f.imm9, 9));
}

/** The index is shifted by the size of the access if S is set. */
function indexed<V, B>(
  o: Ops<V, B>,
  f: {
    readonly rn: number;
    readonly rm: number;
    readonly option: number;
    readonly S: number;
    readonly size: number;
  },
): V {
  return o.add(baseAddress(o, f), extendedRm(o, f, f.S === 1 ? f.size : 0));
}

/** Whether the base moves before (pre-index) or after the access (post-index). */
type Moment = "before" | "after";

function storeAndMove<V, B>(o: Ops<V, B>, f: UnscaledFields, moment: Moment): void {
  const base = o.once(baseAddress(o, f));
  const moved = o.once(plus(o, base, signed(f.imm9, 9)));
  o.store(moment === "before" ? moved : base, o.x(f.rt), { size: bytes(f.size) });
  o.setXOrSp(f.rn, moved);
}

function loadAndMove<V, B>(
  o: Ops<V, B>,
  f: UnscaledFields,
  moment: Moment,
  extension: Extension,
): void {
  const base = o.once(baseAddress(o, f));
  const moved = o.once(plus(o, base, signed(f.imm9, 9)));
  const value = o.load(moment === "before" ? moved : base, { size: bytes(f.size) });
  o.setXOrSp(f.rn, moved);
  o.setX(f.rt, extend(o, f.size, value, extension));
}
