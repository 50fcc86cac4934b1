/** Exclusive accesses: loads and the stores that belong to them. */

import type { Row } from "../../../soft/a64/row.ts";
import { encode, isPredictable, randomFields } from "./fields.ts";
import { chooseBase, chooseSharedAligned, shapeOf } from "./memory_blocks.ts";
import { addPlain, type Block, simple } from "./plain_blocks.ts";
import { rowNamed } from "./rows.ts";
import type { Sequence } from "./sequence.ts";
import { addReturnHere } from "./system_blocks.ts";

/** The zero register, and as a base the stack pointer. */
const ZR = 31;

/**
 * Exclusive accesses. A store without its load must fail, which it only does
 * for certain where no load has left the address watched; so whatever is
 * watched is stored to or forgotten at once.
 */
export const addExclusive: Block = (s, row) => {
  const isPair = row.name.endsWith("p");
  const [load, store] = ["ld", "st"].map((way) => rowNamed(`${way}x${isPair ? "p" : "r"}`)) as [
    Row,
    Row,
  ];
  const shared = randomFields(load, s.random, () => s.data(), () => true);
  const isStoreAlone = row === store && s.random.percent(25);
  const base = isStoreAlone
    ? s.pointer(chooseSharedAligned(s, shapeOf(row, shared).span))
    : chooseBase(s, load, shapeOf(load, shared));
  if (base === undefined) return;
  const protect = base === ZR ? (action: () => void) => action() : s.reserving.bind(s, base);
  protect(() => {
    if (!isStoreAlone) addExclusiveLoad(s, load, shared, base);
    const clears = !isStoreAlone && s.random.percent(25);
    // A return from an exception clears as well.
    const isReturn = clears && s.random.percent(40) && addReturnHere(s);
    if (clears && !isReturn) addPlain(s, rowNamed("clrex"));
    if (!clears || s.random.percent(50)) addExclusiveStore(s, store, shared, base);
  });
};

type Shared = { readonly [field: string]: number };

function addExclusiveLoad(s: Sequence, row: Row, shared: Shared, rn: number): void {
  const fields = randomFields(
    row,
    s.random,
    () => s.data(),
    (found) =>
      isPredictable(row, { ...found, ...width(shared), rn, rs: 31, ...single(row) }) &&
      ![found.rt, found.rt2].includes(rn),
  );
  s.emit(row, encode(row, { ...fields, ...width(shared), rn, rs: 31, ...single(row) }));
  // What stands between may be anything that does not access memory.
  const between = rn === ZR ? 0 : s.random.below(3);
  for (let i = 0; i < between; i++) {
    addPlain(
      s,
      s.random.pick(simple.filter(({ memory }) => !memory)),
    );
  }
}

function addExclusiveStore(s: Sequence, row: Row, shared: Shared, rn: number): void {
  const fields = randomFields(
    row,
    s.random,
    () => s.data(),
    (found) => isPredictable(row, { ...found, ...width(shared), rn, ...single(row) }),
  );
  s.emit(row, encode(row, { ...fields, ...width(shared), rn, ...single(row) }));
}

/** Both sides of a pair of exclusive accesses have the same size. */
function width({ size, sz }: Shared): Shared {
  return { ...(size === undefined ? {} : { size }), ...(sz === undefined ? {} : { sz }) };
}

/** Rt2 should be ones where there is no pair. */
function single(row: Row): Shared {
  return row.name.endsWith("r") ? { rt2: 31 } : {};
}
