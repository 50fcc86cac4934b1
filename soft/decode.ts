/** Finds the row of the instruction table that an instruction word belongs to. */

import { a64 } from "./a64/table.ts";
import type { AnyFields, Decoded, Row } from "./a64/row.ts";
import type { Ops } from "./ops.ts";

export type { Decoded } from "./a64/row.ts";

/** Two rows for one word, neither of them a special case of the other. */
export class OverlapError extends Error {
  override name = "OverlapError";
}

/** The bits that rows are looked up by: 31:21, where encodings differ most. */
const INDEX_SHIFT = 21;
const INDEX_BITS = 32 - INDEX_SHIFT;

/** A table of rows, ready to decode with. */
export class Decoder {
  /** For each value of the index bits the rows that it leaves possible. */
  readonly #candidates: Row[][] = Array.from({ length: 1 << INDEX_BITS }, () => []);

  /**
   * A row may lie wholly inside another: then it is a special case, and goes first.
   *
   * @throws {OverlapError} if rows overlap in any other way.
   */
  constructor(rows: readonly Row[]) {
    for (const row of rows) {
      const fixed = row.value >>> INDEX_SHIFT;
      const free = ~row.mask >>> INDEX_SHIFT;
      // Every subset of the free bits, from all of them down to none.
      for (let subset = free;; subset = (subset - 1) & free) {
        insert(this.#candidates[fixed | subset]!, row);
        if (subset === 0) break;
      }
    }
  }

  /** The row whose pattern fits, whether or not the fields are allocated. */
  find(word: number): Row | undefined {
    const candidates = this.#candidates[word >>> INDEX_SHIFT]!;
    for (let i = 0; i < candidates.length; i++) {
      const row = candidates[i]!;
      if ((word & row.mask) === row.value) return row;
    }
  }
}

/** Puts a row among others, before those that it is a special case of. */
function insert(candidates: Row[], row: Row): void {
  let place = candidates.length;
  for (let i = 0; i < candidates.length; i++) {
    const other = candidates[i]!;
    const both = row.mask & other.mask;
    if (((row.value ^ other.value) & both) !== 0) continue;
    if (row.mask === other.mask || (both !== row.mask && both !== other.mask)) {
      throw new OverlapError(`"${row.name}" and "${other.name}" overlap`);
    }
    if (both === other.mask) place = Math.min(place, i);
  }
  candidates.splice(place, 0, row);
}

const decoder = new Decoder(a64);

/** The fields of an instruction word, by their names in its row. */
function fieldsOf(row: Row, word: number): AnyFields {
  const fields: Record<string, number> = { word: word >>> 0 };
  for (const { name, shift, mask } of row.fields) fields[name] = (word >>> shift) & mask;
  return fields;
}

/** Finds out what an instruction is; undefined if it is unallocated or not implemented. */
export function decode(word: number): Decoded | undefined {
  const row = decoder.find(word);
  if (row === undefined) return undefined;
  const fields = fieldsOf(row, word);
  return row.allocated?.(fields) === false ? undefined : { row, fields };
}

/**
 * Executes an instruction with the operations given, or makes it undefined.
 *
 * @returns Its row, for what that says about the instruction; undefined if it has none.
 */
export function execute<V, B>(o: Ops<V, B>, word: number): Row | undefined {
  const instruction = decode(word);
  executeDecoded(o, instruction);
  return instruction?.row;
}

/** Executes an instruction that is decoded already; undefined is one that does not exist. */
export function executeDecoded<V, B>(o: Ops<V, B>, instruction: Decoded | undefined): void {
  if (instruction === undefined) o.undefined();
  else instruction.row.execute(o, instruction.fields);
}
