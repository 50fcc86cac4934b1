/** Single instructions that need nothing around them. */

import type { Row } from "../../../soft/a64/row.ts";
import { a64 } from "../../../soft/a64/table.ts";
import { encode, randomFields } from "./fields.ts";
import { addMemoryAccess } from "./memory_blocks.ts";
import type { Sequence } from "./sequence.ts";

/** Adds one or more instructions to a sequence. */
export type Block = (s: Sequence, row: Row) => void;

/** An instruction that only works with registers, or whose only effect is an exception. */
export const addPlain: Block = (s, row) => {
  s.emit(row, encode(row, randomFields(row, s.random, () => s.data())));
};

// Not casp: it also changes registers that its fields do not name.
export const simple = a64.filter(({ ends, name }) =>
  !ends && !isExclusive(name) && name !== "casp"
);

/** Some instructions that go straight on. */
export function addSome(s: Sequence, count: number): void {
  for (let i = 0; i < count; i++) {
    const row = s.random.pick(simple);
    (row.memory ? addMemoryAccess : addPlain)(s, row);
  }
}

function isExclusive(name: string): boolean {
  return /^(ld|st)x[rp]$/.test(name);
}
