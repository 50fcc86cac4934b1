/** PSTATE's flags, written as WebAssembly: what they come from stands in locals, and is stored only where the code stops. */

import { type Code, get } from "./code_writer.ts";
import { carryCode, conditionHolds, FlagKind, holdsCode, NZCV_C, nzcvCode } from "./flags.ts";
import type { Condition, ConditionalCompare } from "./ops.ts";
import { State } from "./state.ts";
import { ValueWriter } from "./value_writer.ts";
import { FUNCTION_FLAGS, I32, I64, Op, signed32, unsigned } from "./wasm.ts";

/** What is known of the flags at a place in the code. */
interface Flags {
  /** They have been set, and not stored. */
  readonly set: boolean;
  /** What they come from; the values are in the locals. Absent if not known. */
  readonly kind?: FlagKind;
  /** If the local of conditions is false, they do not come from there, but are these (bits 3:0). */
  readonly otherwise?: number;
}

/** The lowest of the flags, V, in bit 28. */
const FLAGS_UNIT = 2 ** 28;

/** Nothing has been done to the flags: they are in the state. */
const STORED: Flags = { set: false };

/** The flag operations of Ops. */
export class FlagWriter extends ValueWriter {
  /** Whether the code so far sets flags. */
  changedFlags = false;
  /** What is known of the flags where the code is now. */
  flags = STORED;
  readonly #writesFlags: boolean;
  #locals?: { kind: number; a: number; b: number; condition: number };
  /** Whether the locals are used before the code has set them. */
  #usesStored = false;

  /** @param writesFlags Whether any of the code to come may set flags: only then are they ever stored. */
  constructor(base: number, writesFlags: boolean) {
    super(base);
    this.#writesFlags = writesFlags;
  }

  /** The code may be reached from elsewhere: nothing is known of the flags. */
  forgetFlags(): void {
    this.flags = { set: this.#writesFlags };
  }

  /** Stores the flags, before the code stops or goes elsewhere. */
  spillFlags(): void {
    if (!this.flags.set) return;
    const { a, b } = this.#flagLocals();
    this.storeState(Op.i32_store, State.FLAGS, this.#kind());
    this.storeState(Op.i64_store, State.FLAGS_A, get(a));
    this.storeState(Op.i64_store, State.FLAGS_B, get(b));
  }

  /** Other code has run, and has stored the flags. */
  protected reloadFlags(): void {
    this.flags = STORED;
    if (this.#writesFlags) this.append(this.#load());
  }

  /** What must stand before the body: loads the flags if they may be used before they are set. */
  prologue(): Code {
    return this.#usesStored ? this.#load() : [];
  }

  #load(): Code {
    const { kind, a, b } = this.#flagLocals();
    return [
      [this.loadState(Op.i32_load, State.FLAGS), Op.local_set, unsigned(kind)],
      [this.loadState(Op.i64_load, State.FLAGS_A), Op.local_set, unsigned(a)],
      [this.loadState(Op.i64_load, State.FLAGS_B), Op.local_set, unsigned(b)],
    ];
  }

  addWithFlags(a: Code, b: Code, carry: Code | undefined, is64: boolean): Code {
    const x = this.once(a), y = this.once(b);
    if (carry !== undefined) return this.#addWithCarry(x, y, carry, is64);
    this.#setFlags(is64 ? FlagKind.add64 : FlagKind.add32, x, y);
    const sum = this.add(x, y);
    return is64 ? sum : this.w(sum);
  }
  subWithFlags(a: Code, b: Code, is64: boolean): Code {
    const x = this.once(a), y = this.once(b);
    this.#setFlags(is64 ? FlagKind.sub64 : FlagKind.sub32, x, y);
    const difference = this.sub(x, y);
    return is64 ? difference : this.w(difference);
  }
  logicFlags(value: Code, is64: boolean): Code {
    const result = this.once(value);
    this.#setFlags(FlagKind.logic, is64 ? result : this.signExtend(result, 32));
    return result;
  }
  compareIf(condition: Condition, comparison: ConditionalCompare<Code>): void {
    const { a, b, is64, subtract, otherwise } = comparison;
    const x = this.once(a), y = this.once(b);
    const held = this.holds(condition);
    const locals = this.#flagLocals();
    this.assign(locals.condition, held);
    const kind = subtract
      ? is64 ? FlagKind.sub64 : FlagKind.sub32
      : is64
      ? FlagKind.add64
      : FlagKind.add32;
    const flags = this.constant(otherwise * FLAGS_UNIT);
    this.#setFlags(kind, this.select(get(locals.condition), x, flags), y, otherwise);
  }
  carry(): Code {
    const { a, b } = this.#flagLocals();
    return this.#byKind(
      (kind) => carryCode(kind, get(a), get(b)),
      (flags) => Number((flags & NZCV_C) !== 0),
    );
  }
  holds(condition: Condition): Code {
    if (condition >= 14) return [Op.i32_const, 1];
    const { a, b } = this.#flagLocals();
    return this.#byKind(
      (kind) => holdsCode(condition, kind, get(a), get(b)),
      (flags) => Number(conditionHolds(condition, flags)),
    );
  }
  nzcv(): Code {
    const { a, b } = this.#flagLocals();
    const answer = this.#byKind(
      (kind) => nzcvCode(kind, get(a), get(b)),
      (flags) => flags,
    );
    return this.fromTruth(answer);
  }
  setNzcv(value: Code): void {
    this.#setFlags(FlagKind.nzcv, this.and(value, this.constant(0xf000_0000n)));
  }

  #addWithCarry(x: Code, y: Code, carry: Code, is64: boolean): Code {
    const one = this.once(this.fromTruth(carry));
    const [a, b] = is64 ? [x, y] : [this.once(this.w(x)), this.once(this.w(y))];
    const sum = this.add(this.add(a, b), one);
    const result = this.once(is64 ? sum : this.w(sum));
    // With a carry in, a sum that came back to where it started has gone all the way round.
    const around = this.and(this.fromTruth(this.equal(result, a)), one);
    const c = this.or(this.fromTruth(this.lessUnsigned(result, a)), around);
    const top = this.constant(is64 ? 63 : 31);
    const sign = (of: Code) => this.and(this.shr(of, top), this.constant(1));
    const v = sign(this.and(this.xor(a, result), this.xor(b, result)));
    const z = this.fromTruth(this.equal(result, this.constant(0)));
    const flags = [sign(result), z, c, v].map((flag, i) => this.shl(flag, this.constant(31 - i)));
    this.#setFlags(FlagKind.nzcv, flags.reduce((all, flag) => this.or(all, flag)));
    return result;
  }

  /** Sets the flags, or, where `otherwise` is given, only if the local of conditions is true. */
  #setFlags(kind: FlagKind, a: Code, b?: Code, otherwise?: number): void {
    this.changedFlags = true;
    const locals = this.#flagLocals();
    this.assign(locals.a, a);
    if (b !== undefined) this.assign(locals.b, b);
    this.flags = { set: true, kind, otherwise };
    this.assign(locals.kind, this.#kind());
  }

  /** Code for the kind of the flags. */
  #kind(): Code {
    const { kind, otherwise } = this.flags;
    const locals = this.#flagLocals();
    if (kind === undefined) {
      this.#usesStored = true;
      return get(locals.kind);
    }
    const code = [Op.i32_const, signed32(kind)];
    if (otherwise === undefined) return code;
    return [code, Op.i32_const, FlagKind.nzcv, get(locals.condition), Op.select];
  }

  /** Code for something that is asked of the flags: by their kind, and by what they are where they are constant. */
  #byKind(ask: (kind: FlagKind) => Code, askConstant: (flags: number) => number): Code {
    if (this.flags.kind === undefined) this.#resolve();
    const { kind, otherwise } = this.flags;
    const answer = ask(kind!);
    if (otherwise === undefined) return answer;
    const constant = [Op.i32_const, signed32(askConstant(otherwise * FLAGS_UNIT))];
    return [answer, constant, get(this.#flagLocals().condition), Op.select];
  }

  /** Works the flags out where their kind is not known. */
  #resolve(): void {
    const { set } = this.flags;
    const { kind, a, b } = this.#flagLocals();
    const from = set ? [get(kind), get(a), get(b)] : [
      this.loadState(Op.i32_load, State.FLAGS),
      this.loadState(Op.i64_load, State.FLAGS_A),
      this.loadState(Op.i64_load, State.FLAGS_B),
    ];
    if (set) this.#usesStored = true;
    this.assign(a, this.fromTruth([from, Op.call, FUNCTION_FLAGS]));
    this.flags = { set, kind: FlagKind.nzcv };
    this.assign(kind, this.#kind());
  }

  #flagLocals() {
    return this.#locals ??= {
      kind: this.local(I32),
      a: this.local(I64),
      b: this.local(I64),
      condition: this.local(I32),
    };
  }
}
