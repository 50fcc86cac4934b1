/** Writes the code of one function: instructions one after the other, locals, and the vCPU's state. */

import {
  type BranchHint,
  Bytes,
  type Code,
  FUNCTION_HOST,
  I32,
  I64,
  NO_VALUE,
  Op,
  signed32,
  unsigned,
} from "./wasm.ts";

/** Code that pushes an i64, or for a truth an i32; or any other piece of code. */
export type { Code };

/** The parameters: the fuel that is left, and how many functions of translated code have called each other. */
export const FUEL = 0;
export const DEPTH = 1;
const PARAMETERS = 2;

/** Code that pushes a local. */
export function get(local: number): Code {
  return [Op.local_get, unsigned(local)];
}

/** The alignment that accesses to the state promise, as a power of two. */
const ALIGN_I32 = 2;
const ALIGN_I64 = 3;

/** The body of a function in the making. */
export class CodeWriter {
  /** The code so far. */
  readonly body = new Bytes();
  /** What is known of branches. */
  readonly hints: BranchHint[] = [];
  /** The types of the locals behind the parameters. */
  readonly locals: number[] = [];
  /** How many `if`s, blocks and loops the code is in. */
  nesting = 0;
  readonly #scratch = {
    [I32]: { all: [] as number[], used: 0 },
    [I64]: { all: [] as number[], used: 0 },
  };
  /** The vCPU's state in memory. */
  protected readonly base: number;

  /** @param base The offset in memory of the vCPU's state. */
  constructor(base: number) {
    this.base = base;
  }

  /** Adds bytes and pieces of code. */
  push(...parts: Code): void {
    this.body.append(parts);
  }

  /** Adds a piece of code. */
  append(code: Code): void {
    this.body.append(code);
  }

  /** A new local. */
  local(type: typeof I32 | typeof I64): number {
    return PARAMETERS + this.locals.push(type) - 1;
  }

  /** A local that is free again at the next instruction. */
  scratch(type: typeof I32 | typeof I64): number {
    const locals = this.#scratch[type];
    return locals.all[locals.used++] ?? (locals.all[locals.used - 1] = this.local(type));
  }

  /** Frees the scratch locals. */
  protected freeScratch(): void {
    this.#scratch[I32].used = this.#scratch[I64].used = 0;
  }

  /** Sets a local. */
  assign(local: number, value: Code): void {
    this.append(value);
    this.push(Op.local_set, unsigned(local));
  }

  /** Writes an `if` without a value. */
  branch(condition: Code, then: () => void, otherwise?: () => void): void {
    this.append(condition);
    this.#branch(then, otherwise);
  }

  /** Writes an `if` of which it is known what happens most often: V8 keeps the other way out of this one's way. */
  branchHinted(condition: Code, likely: boolean, then: () => void, otherwise?: () => void): void {
    this.append(condition);
    this.hints.push({ at: this.body.length, likely });
    this.#branch(then, otherwise);
  }

  #branch(then: () => void, otherwise?: () => void): void {
    this.push(Op.if, NO_VALUE);
    this.nesting++;
    then();
    if (otherwise !== undefined) {
      this.push(Op.else);
      otherwise();
    }
    this.nesting--;
    this.push(Op.end);
  }

  /** Opens a block or a loop; how deep it is, to find the way back by. */
  open(op: typeof Op.block | typeof Op.loop): number {
    this.push(op, NO_VALUE);
    return ++this.nesting;
  }

  /** Closes what was opened last. */
  close(): void {
    this.nesting--;
    this.push(Op.end);
  }

  /** Goes to the end of a block, or to the start of a loop, by how deep it is. */
  leaveTo(depth: number): void {
    this.push(Op.br, unsigned(this.nesting - depth));
  }

  /** Stores into the vCPU's state. */
  storeState(op: typeof Op.i32_store | typeof Op.i64_store, offset: number, value: Code): void {
    this.push(Op.i32_const, 0);
    this.append(value);
    const align = op === Op.i32_store ? ALIGN_I32 : ALIGN_I64;
    this.push(op, align, unsigned(this.base + offset));
  }

  /** Code that loads from the vCPU's state. */
  loadState(op: typeof Op.i32_load | typeof Op.i64_load, offset: number): Code {
    const align = op === Op.i32_load ? ALIGN_I32 : ALIGN_I64;
    return [Op.i32_const, 0, op, align, unsigned(this.base + offset)];
  }

  /** Calls the host (see host_calls.ts). */
  callHost(call: number, argument: number): void {
    this.push(Op.i32_const, signed32(call), Op.i32_const, signed32(argument));
    this.push(Op.call, FUNCTION_HOST);
  }
}
