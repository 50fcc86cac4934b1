/** Instruction words from rows of the table: fields put in, random ones found. */

import type { AnyFields, Row } from "../../../soft/a64/row.ts";
import { decode } from "../../../soft/decode.ts";
import type { Random } from "./random.ts";

/** Fields that name a register. */
const registerFields = new Set(["rd", "rn", "rm", "ra", "rt", "rt2", "rs"]);

/** Register fields that must be ones where an instruction has no use for them. */
const oftenOnes = new Set(["ra", "rs", "rt2"]);

/** How often an encoding is looked for that is allocated and not unpredictable. */
const TRIES = 1000;

export function isRegisterField(name: string): boolean {
  return registerFields.has(name);
}

/** The word of a row with these fields. */
export function encode(row: Row, fields: AnyFields): number {
  let word = row.value;
  for (const { name, shift, mask } of row.fields) word |= (fields[name]! & mask) << shift;
  return word >>> 0;
}

/** A word with another value in one of its row's fields. */
export function withField(row: Row, word: number, field: string, value: number): number {
  const { shift, mask } = row.fields.find(({ name }) => name === field)!;
  return ((word & ~(mask << shift)) | (value & mask) << shift) >>> 0;
}

/** A random value of a field that names no register: often an end or something small. */
export function randomField(random: Random, mask: number): number {
  return random.weighted([
    [6, random.below(mask + 1)],
    [1, 0],
    [1, mask],
    [1, random.below(Math.min(mask, 8) + 1)],
    [1, mask >>> 1],
  ]);
}

/**
 * Random fields of a row.
 *
 * @param register Chooses a register for a field.
 * @param fits Whether the fields will do.
 * @throws {RangeError} if none are found.
 */
export function randomFields(
  row: Row,
  random: Random,
  register: (field: string) => number,
  fits: (fields: AnyFields) => boolean = (fields) => isPredictable(row, fields),
): AnyFields {
  for (let i = 0; i < TRIES; i++) {
    const fields: Record<string, number> = {};
    const isOnes = random.percent(20);
    for (const { name, mask } of row.fields) {
      if (isOnes && oftenOnes.has(name)) fields[name] = mask;
      else fields[name] = isRegisterField(name) ? register(name) : randomField(random, mask);
    }
    fields.word = encode(row, fields);
    if (fits(fields)) return fields;
  }
  throw new RangeError(`found no fields for "${row.name}"`);
}

/**
 * Whether fields make an instruction of this row, and the architecture says what
 * it does.
 *
 * And QEMU's CPUs do it: in casp they take the second register of a pair that
 * starts with X30 for the stack pointer.
 */
export function isPredictable(row: Row, fields: AnyFields): boolean {
  if (row.name === "casp" && (fields.rs === LAST_REGISTER || fields.rt === LAST_REGISTER)) {
    return false;
  }
  // A row may lie inside another; what is not allocated has no row.
  return decode(encode(row, fields))?.row === row && row.unpredictable?.(fields) !== true;
}

const LAST_REGISTER = 30;
