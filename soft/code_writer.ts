/** Writes the code of one function: instructions one after the other, locals, and the vCPU's state. */

import { FUNCTION_HOST, type I32, type I64, NO_VALUE, Op, signed32, unsigned } from "./wasm.ts";

/** Code that pushes an i64, or for a truth an i32. */
export type Code = readonly number[];

/** The local with the fuel that is left: the parameter. */
export const FUEL = 0;

/** Code that pushes a local. */
export function get(local: number): Code {
  return [Op.local_get, ...unsigned(local)];
}

/** The alignment that accesses to the state promise, as a power of two. */
const ALIGN_I32 = 2;
const ALIGN_I64 = 3;

/** The body of a function in the making. */
export class CodeWriter {
  /** The code so far. */
  readonly body: number[] = [];
  /** The types of the locals behind the parameter. */
  readonly locals: number[] = [];
  /** How deep in `if`s the code is. */
  nesting = 0;
  /** The vCPU's state in memory. */
  protected readonly base: number;

  /** @param base The offset in memory of the vCPU's state. */
  constructor(base: number) {
    this.base = base;
  }

  /** Adds single bytes of code. */
  push(...bytes: number[]): void {
    for (const byte of bytes) this.body.push(byte);
  }

  /** Adds a piece of code. */
  append(code: Code): void {
    for (const byte of code) this.body.push(byte);
  }

  /** A new local. */
  local(type: typeof I32 | typeof I64): number {
    return this.locals.push(type);
  }

  /** Sets a local. */
  assign(local: number, value: Code): void {
    this.append(value);
    this.push(Op.local_set, ...unsigned(local));
  }

  /** Writes an `if` without a value. */
  branch(condition: Code, then: () => void, otherwise?: () => void): void {
    this.append(condition);
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

  /** Stores into the vCPU's state. */
  storeState(op: typeof Op.i32_store | typeof Op.i64_store, offset: number, value: Code): void {
    this.push(Op.i32_const, 0);
    this.append(value);
    const align = op === Op.i32_store ? ALIGN_I32 : ALIGN_I64;
    this.push(op, align, ...unsigned(this.base + offset));
  }

  /** Code that loads from the vCPU's state. */
  loadState(op: typeof Op.i32_load | typeof Op.i64_load, offset: number): Code {
    const align = op === Op.i32_load ? ALIGN_I32 : ALIGN_I64;
    return [Op.i32_const, 0, op, align, ...unsigned(this.base + offset)];
  }

  /** Calls the host (see host_calls.ts). */
  callHost(call: number, argument: number): void {
    this.push(Op.i32_const, ...signed32(call), Op.i32_const, ...signed32(argument));
    this.push(Op.call, FUNCTION_HOST);
  }
}
