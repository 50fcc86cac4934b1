/**
 * Programs made at random: functions of blocks that branch, loop, call each
 * other and return, as compilers' code does and as no compiler's would.
 *
 * X0 to X15 are data, X16 and X17 targets, X27 points to memory; X28 counts down
 * with each block, and at zero the program ends, wherever it is.
 */

import { dataProcessingImmediate } from "../../soft/a64/data_processing_immediate.ts";
import { dataProcessingRegister } from "../../soft/a64/data_processing_register.ts";
import { multiplyDivide } from "../../soft/a64/multiply_divide.ts";
import type { AnyFields, Row } from "../../soft/a64/row.ts";
import { encode, randomFields, withField } from "./fuzz/fields.ts";
import type { Random } from "./fuzz/random.ts";
import { rowNamed } from "./fuzz/rows.ts";

export const MEMORY_REGISTER = 27;
export const COUNTER = 28;
const DATA_REGISTERS = 16;
const TARGET = 16;
const NOP = 0xd503_201f;
/** So many instructions, and functions are in different pages. */
const MOST_GAP = 400;
const FP = 29, LR = 30, SP = 31, ZR = 31;

const dataProcessing: readonly Row[] = [
  ...dataProcessingImmediate,
  ...dataProcessingRegister,
  ...multiplyDivide,
];
const CONDITIONAL_BRANCHES = ["b.cond", "cbz", "cbnz", "tbz", "tbnz"];
const ACCESSES = [
  "ldr (unsigned offset)",
  "str (unsigned offset)",
  "ldp (offset)",
  "stp (offset)",
];

/** An instruction whose field is the distance to a label. */
interface Reference {
  readonly at: number;
  readonly row: Row;
  readonly field: string;
  readonly label: string;
}

/** Writes one program. */
class ProgramWriter {
  readonly #random: Random;
  readonly #words: number[] = [];
  readonly #labels = new Map<string, number>();
  readonly #references: Reference[] = [];
  /** How many blocks each function has. */
  readonly #functions: readonly number[];

  constructor(random: Random) {
    this.#random = random;
    this.#functions = Array.from({ length: 2 + random.below(5) }, () => 1 + random.below(8));
  }

  /** All of it. @param end What stands at its end. */
  write(end: readonly number[]): number[] {
    const random = this.#random;
    this.#label("start");
    this.#countDown();
    this.#refer("bl", "function 0");
    this.#work(2);
    this.#refer("b", "start");
    // Some are longer than a page.
    const gaps = random.percent(25);
    for (const [number, blocks] of this.#functions.entries()) {
      this.#writeFunction(number, blocks);
      if (gaps) this.#words.push(...Array(random.below(MOST_GAP)).fill(NOP));
    }
    this.#label("end");
    this.#words.push(...end);
    for (const { at, row, field, label } of this.#references) {
      const distance = this.#labels.get(label)! - at;
      this.#words[at] = withField(row, this.#words[at]!, field, distance);
    }
    return this.#words;
  }

  #writeFunction(number: number, blocks: number): void {
    const random = this.#random;
    this.#label(`function ${number}`);
    this.#frame("stp (pre-index)", -2);
    for (let block = 0; block < blocks; block++) {
      this.#label(`block ${number}.${block}`);
      this.#countDown();
      this.#work(random.below(5));
      for (let calls = random.below(3); calls > 0; calls--) {
        this.#call();
        this.#work(random.below(3));
      }
      this.#leaveBlock(number);
      if (random.percent(15)) this.#return();
    }
    this.#return();
  }

  /** Goes from a block to another of the same function, or on; rarely to any function's by what looks like a return. */
  #leaveBlock(number: number): void {
    const random = this.#random;
    const label = this.#blockOf(number);
    if (random.percent(2)) {
      this.#refer("adr", this.#blockOf(random.below(this.#functions.length)), { rd: LR });
      return this.#emit("ret", { rn: LR });
    }
    switch (random.below(5)) {
      case 0:
      case 1:
        this.#conditional(label);
        if (random.percent(25)) this.#conditional(this.#blockOf(number));
        break;
      case 2:
        this.#refer("b", label);
        break;
      case 3:
        this.#refer("adr", label, { rd: TARGET });
        this.#emit("br", { rn: TARGET });
    }
  }

  #conditional(label: string): void {
    const row = rowNamed(this.#random.pick(CONDITIONAL_BRANCHES));
    this.#refer(row.name, label, randomFields(row, this.#random, () => this.#data()));
  }

  #call(): void {
    const label = `function ${this.#random.below(this.#functions.length)}`;
    if (this.#random.percent(60)) return this.#refer("bl", label);
    this.#refer("adr", label, { rd: TARGET + 1 });
    this.#emit("blr", { rn: TARGET + 1 });
  }

  #return(): void {
    this.#frame("ldp (post-index)", 2);
    this.#emit("ret", { rn: LR });
  }

  #frame(name: string, imm7: number): void {
    this.#emit(name, { sf: 1, imm7, rt: FP, rt2: LR, rn: SP });
  }

  #countDown(): void {
    this.#emit("sub (immediate)", { sf: 1, sh: 0, imm12: 1, rn: COUNTER, rd: COUNTER });
    this.#refer("cbz", "end", { sf: 1, rt: COUNTER });
  }

  /** So many instructions that go straight on. */
  #work(count: number): void {
    for (let i = 0; i < count; i++) {
      if (this.#random.percent(20)) this.#access();
      else this.#compute();
    }
  }

  #compute(): void {
    const row = this.#random.pick(dataProcessing);
    const fields = randomFields(row, this.#random, () => this.#data());
    // What is left of SP after arithmetic would be no stack.
    const spoils = fields.rd === SP && / \((immediate|extended)\)$/.test(row.name);
    this.#emit(row.name, spoils ? { ...fields, rd: 0 } : fields);
  }

  #access(): void {
    const row = rowNamed(this.#random.pick(ACCESSES));
    const fields: Record<string, number> = {
      ...randomFields(row, this.#random, () => this.#data()),
      rn: MEMORY_REGISTER,
    };
    // A pair's offset is signed, and there is nothing before the memory.
    if (fields.imm7 !== undefined) fields.imm7 &= 63;
    this.#emit(row.name, fields);
  }

  #data(): number {
    return this.#random.percent(6) ? ZR : this.#random.below(DATA_REGISTERS);
  }

  #blockOf(number: number): string {
    return `block ${number}.${this.#random.below(this.#functions[number]!)}`;
  }

  #label(name: string): void {
    this.#labels.set(name, this.#words.length);
  }

  #emit(name: string, fields: AnyFields): void {
    this.#words.push(encode(rowNamed(name), fields));
  }

  #refer(name: string, label: string, fields: AnyFields = {}): void {
    const row = rowNamed(name);
    // The distance in instructions: of adr, that leaves the lowest two bits of the bytes zero.
    const { name: field } = row.fields.find(({ name }) => /^imm(19|14|26|hi)$/.test(name))!;
    this.#references.push({ at: this.#words.length, row, field, label });
    this.#emit(name, { ...Object.fromEntries(row.fields.map(({ name }) => [name, 0])), ...fields });
  }
}

/** A program's words. @param end The instructions at its end. */
export function randomProgram(random: Random, end: readonly number[]): number[] {
  return new ProgramWriter(random).write(end);
}
