/** The rows of the instruction table: a pattern of bits and named fields, and what the instruction does. */

import type { Ops } from "../ops.ts";

/**
 * The fields that a pattern names.
 *
 * A pattern is written as the Arm ARM draws an encoding, from bit 31 to bit 0:
 * words of fixed bits, and fields as `name:width`.
 *
 * ```text
 * sf:1 00 100010 sh:1 imm12:12 rn:5 rd:5
 * ```
 *
 * There is always one more, `word`: the whole instruction, for the system side.
 */
export type Fields<P extends string> = Readonly<Record<FieldNames<P> | "word", number>>;

type FieldNames<P extends string> = P extends `${infer Word} ${infer Rest}`
  ? FieldName<Word> | FieldNames<Rest>
  : FieldName<P>;
type FieldName<Word extends string> = Word extends `${infer Name}:${number}` ? Name : never;

/** The fields of an instruction whose row is not known to the compiler. */
export type AnyFields = Readonly<Record<string, number>>;

/** An instruction word, decoded. */
export interface Decoded {
  readonly row: Row;
  readonly fields: AnyFields;
}

/** What an instruction does, by its fields. */
export type Execute<F> = <V, B>(o: Ops<V, B>, fields: F) => void;

/** What else there is to say about an encoding. */
export interface Traits<F> {
  /** Whether these fields are an instruction; if not, they are undefined. Absent: all of them are. */
  readonly allocated?: (fields: F) => boolean;
  /** Whether the architecture leaves open what these fields do (CONSTRAINED UNPREDICTABLE). Absent: never. */
  readonly unpredictable?: (fields: F) => boolean;
}

/** What kind of instruction a row has. */
export interface Marks {
  /** It can change where execution goes on, or the state that code is translated for. */
  readonly ends: boolean;
  /** It accesses memory. */
  readonly memory: boolean;
  /** The system side executes it. */
  readonly system: boolean;
}

/** Where a field lies in the instruction word. */
export interface FieldPlace {
  readonly name: string;
  readonly shift: number;
  /** Of the field moved down to bit 0. */
  readonly mask: number;
}

/** An encoding: one line of the table. */
export interface Row extends Marks {
  /** The mnemonic, with the Arm ARM's addition where it has several encodings: "add (immediate)". */
  readonly name: string;
  /** The encoding as written. */
  readonly pattern: string;
  /** The bits that are fixed, and what they are, both as signed 32-bit numbers. */
  readonly mask: number;
  readonly value: number;
  /** The fields, from the highest. */
  readonly fields: readonly FieldPlace[];
  // Methods, because TypeScript lets a method's parameter be narrower than
  // declared: what `row` was given takes only the fields of its own pattern.
  execute<V, B>(o: Ops<V, B>, fields: AnyFields): void;
  allocated?(fields: AnyFields): boolean;
  unpredictable?(fields: AnyFields): boolean;
}

const NO_MARKS: Marks = { ends: false, memory: false, system: false };

/** Makes a function that makes rows with these marks. */
function rowsWith(marks: Partial<Marks>) {
  return <P extends string>(
    name: string,
    pattern: P,
    execute: Execute<Fields<P>>,
    traits: Traits<Fields<P>> = {},
  ): Row => ({
    name,
    pattern,
    ...parsePattern(pattern),
    execute,
    ...traits,
    ...NO_MARKS,
    ...marks,
  });
}

/** A row whose instruction only works with registers. */
export const row = rowsWith({});
/** A row whose instruction accesses memory. */
export const memoryRow = rowsWith({ memory: true });
/** A row whose instruction branches or makes an exception. */
export const flowRow = rowsWith({ ends: true });

const leaveToSystem: Execute<{ readonly word: number }> = (o, { word }) => o.system(word);

/** A row whose instruction the system side executes. */
export function systemRow(name: string, pattern: string): Row {
  return rowsWith({ ends: true, system: true })(name, pattern, leaveToSystem);
}

/**
 * Works out a pattern.
 *
 * @throws {SyntaxError} if it is not 32 bits of fixed bits and fields, each field named once.
 */
export function parsePattern(pattern: string): Pick<Row, "mask" | "value" | "fields"> {
  const fields: FieldPlace[] = [];
  let [mask, value, left] = [0, 0, 32];
  for (const word of pattern.split(" ")) {
    const [, name, width] = /^([A-Za-z]\w*):([1-9]\d?)$/.exec(word) ?? [];
    if (name === undefined && !/^[01]+$/.test(word)) {
      throw new SyntaxError(`"${word}" in "${pattern}" is neither bits nor a field with its width`);
    }
    const size = name === undefined ? word.length : Number(width);
    left -= size;
    if (left < 0) break;
    const ones = 2 ** size - 1;
    if (name !== undefined) {
      if (name === "word" || fields.some((field) => field.name === name)) {
        throw new SyntaxError(`the field "${name}" of "${pattern}" is there already`);
      }
      fields.push({ name, shift: left, mask: ones });
    } else {
      mask |= ones << left;
      value |= parseInt(word, 2) << left;
    }
  }
  if (left !== 0) throw new SyntaxError(`"${pattern}" is not 32 bits`);
  return { mask, value, fields };
}
