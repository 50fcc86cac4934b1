/** PSTATE's flags, written as WebAssembly: in locals, stored only where the code stops, and not worked out at all where a condition can be had from the comparison itself. */

import { type Code, get } from "./code_writer.ts";
import type { Condition } from "./ops.ts";
import { State } from "./state.ts";
import { ValueWriter } from "./value_writer.ts";
import { I32, I64, Op, unsigned } from "./wasm.ts";

/** A comparison that the flags come from, as long as nothing else has set them. */
interface Comparison {
  readonly a: Code;
  readonly b: Code;
  readonly is64: boolean;
}

/** The flag operations of Ops. */
export class FlagWriter extends ValueWriter {
  /** Whether the code so far sets flags. */
  changedFlags = false;
  #flags?: { nf: number; zf: number; cf: number; vf: number };
  readonly #writesFlags: boolean;
  #comparison?: Comparison;

  /** @param writesFlags Whether any of the code to come may set flags: only then are they ever stored. */
  constructor(base: number, writesFlags: boolean) {
    super(base);
    this.#writesFlags = writesFlags;
  }

  /** The code may be reached from elsewhere: where the flags come from is not known. */
  forgetComparison(): void {
    this.#comparison = undefined;
  }

  /** Stores the flags, before the code stops or goes elsewhere. */
  spillFlags(): void {
    if (!this.#writesFlags) return;
    const { nf, zf, cf, vf } = this.#usesFlags();
    this.storeState(Op.i64_store, State.NF, get(nf));
    this.storeState(Op.i64_store, State.ZF, get(zf));
    this.storeState(Op.i32_store, State.CF, get(cf));
    this.storeState(Op.i32_store, State.VF, get(vf));
  }

  /** What must stand before the body: loads the flags if they are used. */
  protected loadFlags(): number[] {
    if (this.#flags === undefined) return [];
    const { nf, zf, cf, vf } = this.#flags;
    const load = (local: number, op: typeof Op.i32_load | typeof Op.i64_load, offset: number) => [
      ...[...this.loadState(op, offset), Op.local_set],
      ...unsigned(local),
    ];
    return [
      ...load(nf, Op.i64_load, State.NF),
      ...load(zf, Op.i64_load, State.ZF),
      ...load(cf, Op.i32_load, State.CF),
      ...load(vf, Op.i32_load, State.VF),
    ];
  }

  addWithFlags(a: Code, b: Code, carry: Code | undefined, is64: boolean): Code {
    const x = this.once(is64 ? a : this.w(a)), y = this.once(is64 ? b : this.w(b));
    const sum = this.add(x, y);
    if (carry === undefined) {
      const result = this.once(is64 ? sum : this.w(sum));
      this.#setFlags(
        result,
        is64,
        this.lessUnsigned(result, x),
        this.#overflow(x, y, result, is64),
      );
      return result;
    }
    const one = this.once(this.fromTruth(carry));
    const result = this.once(is64 ? this.add(sum, one) : this.w(this.add(sum, one)));
    // With a carry in, a sum that came back to x has gone all the way round.
    const around = this.fromTruth(this.equal(result, x));
    const carried = [
      ...this.lessUnsigned(result, x),
      ...this.and(around, one),
      Op.i32_wrap_i64,
      Op.i32_or,
    ];
    this.#setFlags(result, is64, carried, this.#overflow(x, y, result, is64));
    return result;
  }
  subWithFlags(a: Code, b: Code, is64: boolean): Code {
    const x = this.once(is64 ? a : this.w(a)), y = this.once(is64 ? b : this.w(b));
    const result = this.once(is64 ? this.sub(x, y) : this.w(this.sub(x, y)));
    const noBorrow = [...x, ...y, Op.i64_ge_u];
    this.#setFlags(
      result,
      is64,
      noBorrow,
      this.#overflow(x, this.xor(y, this.constant(-1)), result, is64),
    );
    this.#comparison = { a: x, b: y, is64 };
    return result;
  }
  logicFlags(value: Code, is64: boolean): Code {
    const result = this.once(value);
    const clear = [Op.i32_const, 0];
    this.#setFlags(result, is64, clear, clear);
    return result;
  }
  carry(): Code {
    return get(this.#usesFlags().cf);
  }
  holds(condition: Condition): Code {
    if (condition >= 14) return [Op.i32_const, 1];
    const fused = this.#comparison && compare(condition, this.#comparison);
    if (fused !== undefined) return fused;
    const base = this.#base3(condition >> 1);
    return (condition & 1) === 1 ? this.not(base) : base;
  }
  nzcv(): Code {
    const { nf, zf, cf, vf } = this.#usesFlags();
    const n = this.shl(this.shr(get(nf), this.constant(63)), this.constant(31));
    const z = this.shl(this.fromTruth([...get(zf), Op.i64_eqz]), this.constant(30));
    const c = this.shl(this.fromTruth(get(cf)), this.constant(29));
    const v = this.shl(this.fromTruth(get(vf)), this.constant(28));
    return this.or(this.or(n, z), this.or(c, v));
  }
  setNzcv(value: Code): void {
    const flags = this.once(value);
    const bit = (n: number) => this.and(this.shr(flags, this.constant(n)), this.constant(1));
    const { nf, zf, cf, vf } = this.#changesFlags();
    this.assign(nf, this.shl(flags, this.constant(32)));
    this.assign(zf, this.xor(bit(30), this.constant(1)));
    this.assign(cf, [...bit(29), Op.i32_wrap_i64]);
    this.assign(vf, [...bit(28), Op.i32_wrap_i64]);
  }

  #usesFlags() {
    return this.#flags ??= {
      nf: this.local(I64),
      zf: this.local(I64),
      cf: this.local(I32),
      vf: this.local(I32),
    };
  }

  #changesFlags() {
    this.changedFlags = true;
    this.#comparison = undefined;
    return this.#usesFlags();
  }

  #setFlags(result: Code, is64: boolean, carry: Code, overflow: Code): void {
    const { nf, zf, cf, vf } = this.#changesFlags();
    this.assign(nf, is64 ? result : this.signExtend(result, 32));
    this.assign(zf, result);
    this.assign(cf, carry);
    this.assign(vf, overflow);
  }

  /** Whether x + y has overflowed into the sign: both had the sign that the result has not. */
  #overflow(x: Code, y: Code, result: Code, is64: boolean): Code {
    const signs = this.and(this.xor(x, result), this.xor(y, result));
    return [
      ...this.shr(is64 ? signs : this.w(signs), this.constant(is64 ? 63 : 31)),
      Op.i32_wrap_i64,
    ];
  }

  /** The conditions without bit 0, which negates them, by the flags. */
  #base3(condition: number): Code {
    const { nf, zf, cf, vf } = this.#usesFlags();
    const n = [...get(nf), ...this.constant(0), Op.i64_lt_s];
    const z = [...get(zf), Op.i64_eqz];
    const nEqualsV = [...n, ...get(vf), Op.i32_xor, Op.i32_eqz];
    const byNumber = [
      z,
      get(cf),
      n,
      get(vf),
      [...get(cf), ...z, Op.i32_eqz, Op.i32_and],
      nEqualsV,
      [...nEqualsV, ...z, Op.i32_eqz, Op.i32_and],
    ];
    return byNumber[condition]!;
  }
}

const SIGNED = { 10: Op.i64_ge_s, 11: Op.i64_lt_s, 12: Op.i64_gt_s, 13: Op.i64_le_s };
const SIGNED32 = { 10: Op.i32_ge_s, 11: Op.i32_lt_s, 12: Op.i32_gt_s, 13: Op.i32_le_s };
const ANY_WIDTH = {
  0: Op.i64_eq,
  1: Op.i64_ne,
  2: Op.i64_ge_u,
  3: Op.i64_lt_u,
  8: Op.i64_gt_u,
  9: Op.i64_le_u,
};

/** A condition straight from the comparison that set the flags, where there is such a way. */
function compare(condition: Condition, { a, b, is64 }: Comparison): Code | undefined {
  const any = (ANY_WIDTH as Record<number, number>)[condition];
  if (any !== undefined) return [...a, ...b, any];
  const table: Record<number, number> = is64 ? SIGNED : SIGNED32;
  const signed = table[condition];
  if (signed === undefined) return undefined;
  return is64 ? [...a, ...b, signed] : [...a, Op.i32_wrap_i64, ...b, Op.i32_wrap_i64, signed];
}
