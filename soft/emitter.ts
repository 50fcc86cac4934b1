/**
 * The operations of instructions, written as WebAssembly.
 *
 * A value is the piece of code that pushes it. Guest registers live in locals,
 * loaded when the code is entered, and each write also goes to the vCPU's state,
 * so that the state is exact wherever the code may stop; only the flags are
 * stored where it does stop. Writes of an instruction take effect at its end.
 */

import { packAccess } from "./access.ts";
import { execute } from "./decode.ts";
import { atomicOps, HostCall, OPTION_SHIFT } from "./host_calls.ts";
import type { Access, AccessSize, AtomicOp, Condition, Ops } from "./ops.ts";
import {
  State,
  TLB_ADDEND,
  TLB_ENTRIES,
  TLB_ENTRY_SIZE,
  TLB_OFFSET,
  TLB_READ_TAG,
  TLB_WRITE_TAG,
} from "./state.ts";
import { FUNCTION_HOST, I32, I64, NO_VALUE, Op, signed32, signed64, unsigned } from "./wasm.ts";

/** Code that pushes an i64, or for a truth an i32. */
export type Code = readonly number[];

/** Where code goes on at the end of an instruction; the translator knows how. */
export interface Flow {
  /** At a fixed address. */
  jump(target: bigint): void;
  /** At a computed address. */
  jumpTo(target: Code): void;
  /** Back to the dispatcher, which finds everything in the state. */
  leave(): void;
}

/** The local with the fuel that is left: the parameter. */
export const FUEL = 0;
const PAGE_SHIFT = 12;
const PAGE_MASK = 0xfffn;
const LOADS = {
  1: Op.i64_load8_u,
  2: Op.i64_load16_u,
  4: Op.i64_load32_u,
  8: Op.i64_load,
} as const;
const STORES = { 1: Op.i64_store8, 2: Op.i64_store16, 4: Op.i64_store32, 8: Op.i64_store } as const;
const ATOMIC_TYPES = new Map(atomicOps.map((op, i) => [op, i]));

/** A comparison that the flags come from, as long as nothing else has set them. */
interface Comparison {
  readonly a: Code;
  readonly b: Code;
  readonly is64: boolean;
}

/** Writes the code of one region. */
export class Emitter implements Ops<Code, Code> {
  pc = 0n;
  /** The code so far. */
  readonly body: number[] = [];
  /** The types of the locals behind the parameter. */
  readonly locals: number[] = [];
  /** Whether the code so far sets flags. */
  changedFlags = false;
  /** How deep in `if`s the code is. */
  nesting = 0;

  readonly #base: number;
  readonly #el: 0 | 1;
  readonly #flow: Flow;
  /** The locals of X0 to X30 and SP that the region uses. */
  readonly #registers = new Map<number, number>();
  #flags?: { nf: number; zf: number; cf: number; vf: number };
  readonly #writesFlags: boolean;
  #comparison?: Comparison;
  /** Register writes that wait for the end of the instruction. */
  #pending: [register: number, value: Code][] = [];
  #ended = false;

  /**
   * @param base The state's offset in memory.
   * @param el The exception level the code runs at.
   * @param writesFlags Whether any of the code to come may set flags: only then are they ever stored.
   */
  constructor(base: number, el: 0 | 1, flow: Flow, writesFlags: boolean) {
    this.#base = base;
    this.#el = el;
    this.#flow = flow;
    this.#writesFlags = writesFlags;
  }

  /** Begins a block, which may be reached from elsewhere: nothing is known there. */
  beginBlock(): void {
    this.#comparison = undefined;
  }

  /** Writes one instruction; whether it has said itself where execution goes on. */
  instruction({ pc, word }: { pc: bigint; word: number }): boolean {
    this.pc = pc;
    this.#ended = false;
    execute(this, word);
    this.#commit();
    return this.#ended;
  }

  /** What must stand before the body: loads the registers and flags that it uses. */
  prologue(): number[] {
    const code: number[] = [];
    for (const [register, local] of this.#registers) {
      code.push(
        ...this.#fetch(Op.i64_load, State.X + 8 * register),
        Op.local_set,
        ...unsigned(local),
      );
    }
    if (this.#flags !== undefined) {
      const { nf, zf, cf, vf } = this.#flags;
      const places = [[nf, State.NF], [zf, State.ZF], [cf, State.CF], [vf, State.VF]] as const;
      places.forEach(([local, offset], i) => {
        code.push(
          ...this.#fetch(i < 2 ? Op.i64_load : Op.i32_load, offset),
          Op.local_set,
          ...unsigned(local),
        );
      });
    }
    return code;
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

  /** Stores into the vCPU's state. */
  storeState(op: number, offset: number, value: Code): void {
    this.push(Op.i32_const, 0);
    this.append(value);
    this.push(op, op === Op.i32_store ? 2 : 3, ...unsigned(this.#base + offset));
  }

  /** Code that loads from the vCPU's state. */
  loadState(op: number, offset: number): Code {
    return this.#fetch(op, offset);
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

  constant(value: bigint | number): Code {
    return [Op.i64_const, ...signed64(BigInt(value))];
  }
  once(value: Code): Code {
    // Constants are as cheap as locals.
    if (value[0] === Op.i64_const && isConstant(value)) return value;
    const local = this.local(I64);
    this.append(value);
    this.push(Op.local_set, ...unsigned(local));
    return get(local);
  }
  add(a: Code, b: Code): Code {
    return [...a, ...b, Op.i64_add];
  }
  sub(a: Code, b: Code): Code {
    return [...a, ...b, Op.i64_sub];
  }
  mul(a: Code, b: Code): Code {
    return [...a, ...b, Op.i64_mul];
  }
  and(a: Code, b: Code): Code {
    return [...a, ...b, Op.i64_and];
  }
  or(a: Code, b: Code): Code {
    return [...a, ...b, Op.i64_or];
  }
  xor(a: Code, b: Code): Code {
    return [...a, ...b, Op.i64_xor];
  }
  shl(a: Code, amount: Code): Code {
    return [...a, ...amount, Op.i64_shl];
  }
  shr(a: Code, amount: Code): Code {
    return [...a, ...amount, Op.i64_shr_u];
  }
  sar(a: Code, amount: Code): Code {
    return [...a, ...amount, Op.i64_shr_s];
  }
  ror(a: Code, amount: Code): Code {
    return [...a, ...amount, Op.i64_rotr];
  }
  ror32(a: Code, amount: Code): Code {
    return [...a, Op.i32_wrap_i64, ...amount, Op.i32_wrap_i64, Op.i32_rotr, Op.i64_extend_i32_u];
  }
  clz(a: Code): Code {
    return [...a, Op.i64_clz];
  }
  udiv(a: Code, b: Code): Code {
    const divisor = this.once(b);
    return [
      ...[...divisor, Op.i64_eqz, Op.if, I64, ...this.constant(0), Op.else],
      ...[...a, ...divisor, Op.i64_div_u, Op.end],
    ];
  }
  sdiv(a: Code, b: Code): Code {
    const dividend = this.once(a), divisor = this.once(b);
    // WebAssembly traps where the division overflows: at the lowest value by -1.
    const negated = this.sub(this.constant(0), dividend);
    const quotient = [
      ...[...this.equal(divisor, this.constant(-1)), Op.if, I64, ...negated, Op.else],
      ...[...dividend, ...divisor, Op.i64_div_s, Op.end],
    ];
    return [...divisor, Op.i64_eqz, Op.if, I64, ...this.constant(0), Op.else, ...quotient, Op.end];
  }
  umulh(a: Code, b: Code): Code {
    const by32 = this.constant(32);
    const x = this.once(a), y = this.once(b);
    const [x0, x1] = [this.once(this.w(x)), this.once(this.shr(x, by32))];
    const [y0, y1] = [this.once(this.w(y)), this.once(this.shr(y, by32))];
    const low = this.mul(x0, y0);
    const cross = this.once(this.mul(x1, y0));
    const other = this.once(this.mul(x0, y1));
    const middle = this.add(this.add(this.shr(low, by32), this.w(cross)), this.w(other));
    const high = this.add(this.shr(cross, by32), this.shr(other, by32));
    return this.add(this.add(this.mul(x1, y1), high), this.shr(middle, by32));
  }
  smulh(a: Code, b: Code): Code {
    const x = this.once(a), y = this.once(b);
    const sign = this.constant(63);
    const fixX = this.and(this.sar(x, sign), y), fixY = this.and(this.sar(y, sign), x);
    return this.sub(this.sub(this.umulh(x, y), fixX), fixY);
  }
  w(a: Code): Code {
    return this.and(a, this.constant(0xffff_ffffn));
  }
  signExtend(a: Code, bits: number): Code {
    if (bits === 8) return [...a, Op.i64_extend8_s];
    if (bits === 16) return [...a, Op.i64_extend16_s];
    if (bits === 32) return [...a, Op.i64_extend32_s];
    const by = this.constant(64 - bits);
    return this.sar(this.shl(a, by), by);
  }
  crc32(crc: Code, data: Code, size: AccessSize, castagnoli: boolean): Code {
    const argument = packAccess({ size }) | Number(castagnoli) << OPTION_SHIFT;
    this.storeState(Op.i64_store, State.VALUE0, crc);
    this.storeState(Op.i64_store, State.VALUE1, data);
    this.#callHost(HostCall.crc32, argument);
    return this.once(this.loadState(Op.i64_load, State.VALUE0));
  }

  equal(a: Code, b: Code): Code {
    return [...a, ...b, Op.i64_eq];
  }
  lessUnsigned(a: Code, b: Code): Code {
    return [...a, ...b, Op.i64_lt_u];
  }
  lessSigned(a: Code, b: Code): Code {
    return [...a, ...b, Op.i64_lt_s];
  }
  not(a: Code): Code {
    return [...a, Op.i32_eqz];
  }
  fromTruth(a: Code): Code {
    return [...a, Op.i64_extend_i32_u];
  }
  select(condition: Code, yes: Code, no: Code): Code {
    return [...yes, ...no, ...condition, Op.select];
  }

  x(n: number): Code {
    return n === 31 ? this.constant(0) : get(this.#register(n));
  }
  xOrSp(n: number): Code {
    return get(this.#register(n));
  }
  setX(n: number, value: Code): void {
    if (n !== 31) this.setXOrSp(n, value);
  }
  setXOrSp(n: number, value: Code): void {
    this.#pending.push([n, this.once(value)]);
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
    this.#assign(nf, this.shl(flags, this.constant(32)));
    this.#assign(zf, this.xor(bit(30), this.constant(1)));
    this.#assign(cf, [...bit(29), Op.i32_wrap_i64]);
    this.#assign(vf, [...bit(28), Op.i32_wrap_i64]);
  }

  load(address: Code, access: Access): Code {
    const at = this.once(address);
    const result = this.local(I64);
    this.#withTlb(at, access, TLB_READ_TAG, (hostAddress) => {
      this.append(hostAddress);
      this.push(LOADS[access.size], 0, 0);
      this.push(Op.local_set, ...unsigned(result));
    }, () => {
      this.#access(HostCall.load, packAccess(access), at);
      this.#assign(result, this.loadState(Op.i64_load, State.VALUE0));
    });
    return get(result);
  }
  store(address: Code, value: Code, access: Access): void {
    const at = this.once(address), what = this.once(value);
    this.#withTlb(at, access, TLB_WRITE_TAG, (hostAddress) => {
      this.append(hostAddress);
      this.append(what);
      this.push(STORES[access.size], 0, 0);
    }, () => this.#access(HostCall.store, packAccess(access), at, what));
  }
  atomic(op: AtomicOp, address: Code, value: Code, access: Access): Code {
    const argument = packAccess(access) | ATOMIC_TYPES.get(op)! << OPTION_SHIFT;
    this.#access(HostCall.atomic, argument, address, value);
    return this.#result(0);
  }
  compareAndSwap(address: Code, expected: Code, value: Code, access: Access): Code {
    this.#access(HostCall.compareAndSwap, packAccess(access), address, expected, value);
    return this.#result(0);
  }
  compareAndSwapPair(
    address: Code,
    expected: [Code, Code],
    value: [Code, Code],
    access: Access,
  ): [Code, Code] {
    this.#access(HostCall.compareAndSwapPair, packAccess(access), address, ...expected, ...value);
    return [this.#result(0), this.#result(1)];
  }
  loadExclusive(address: Code, access: Access, pair: boolean): [Code, Code] {
    this.#access(
      HostCall.loadExclusive,
      packAccess(access) | Number(pair) << OPTION_SHIFT,
      address,
    );
    return [this.#result(0), this.#result(1)];
  }
  storeExclusive(address: Code, values: [Code, Code], access: Access, pair: boolean): Code {
    const argument = packAccess(access) | Number(pair) << OPTION_SHIFT;
    this.#access(HostCall.storeExclusive, argument, address, ...values);
    return this.#result(0);
  }
  clearExclusive(): void {
    this.storeState(Op.i64_store, State.EXCLUSIVE_ADDRESS, this.constant(-1));
  }
  barrier(): void {}

  when(condition: Code, action: () => void): void {
    const before = this.#pending;
    this.#pending = [];
    this.branch(condition, () => {
      action();
      this.#commit();
    });
    this.#pending = before;
    this.#comparison = undefined;
  }
  jump(target: bigint): void {
    this.#commit();
    this.#ended = true;
    this.#flow.jump(target);
  }
  jumpIf(condition: Code, target: bigint): void {
    this.#commit();
    this.#ended = true;
    this.branch(condition, () => this.#flow.jump(target));
    this.#flow.jump(BigInt.asUintN(64, this.pc + 4n));
  }
  jumpTo(target: Code): void {
    const to = this.once(target);
    this.#commit();
    this.#ended = true;
    this.#flow.jumpTo(to);
  }
  exception(exceptionClass: number, iss: number, after = false): void {
    const call = after ? HostCall.exceptionAfter : HostCall.exception;
    this.#finish(call, exceptionClass << 26 | iss);
  }
  undefined(): void {
    this.exception(0, 0);
  }
  system(word: number): void {
    this.#finish(HostCall.system, word);
  }
  systemRegister(index: number): Code {
    return this.once(this.loadState(Op.i64_load, State.SYSTEM + 8 * index));
  }
  setSystemRegister(index: number, value: Code): void {
    this.storeState(Op.i64_store, State.SYSTEM + 8 * index, value);
  }

  #commit(): void {
    for (const [register, value] of this.#pending) {
      this.#assign(this.#register(register), value);
      this.storeState(Op.i64_store, State.X + 8 * register, value);
    }
    this.#pending = [];
  }

  #register(n: number): number {
    let local = this.#registers.get(n);
    if (local === undefined) this.#registers.set(n, local = this.local(I64));
    return local;
  }

  #assign(local: number, value: Code): void {
    this.append(value);
    this.push(Op.local_set, ...unsigned(local));
  }

  #fetch(op: number, offset: number): Code {
    return [Op.i32_const, 0, op, op === Op.i32_load ? 2 : 3, ...unsigned(this.#base + offset)];
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
    this.#assign(nf, is64 ? result : this.signExtend(result, 32));
    this.#assign(zf, result);
    this.#assign(cf, carry);
    this.#assign(vf, overflow);
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

  /** Writes an access twice: quickly, where the TLB has the page, and the long way. */
  #withTlb(
    at: Code,
    access: Access,
    tag: number,
    quick: (hostAddress: Code) => void,
    long: () => void,
  ): void {
    const tlb = this.#base + TLB_OFFSET[access.unprivileged ? 0 : this.#el];
    const entry = this.local(I32);
    const mask = (TLB_ENTRIES - 1) * TLB_ENTRY_SIZE;
    // The page number times the size of an entry, in one shift.
    const shift = PAGE_SHIFT - Math.log2(TLB_ENTRY_SIZE);
    this.append([...at, Op.i32_wrap_i64, Op.i32_const, ...signed32(shift), Op.i32_shr_u]);
    this.push(Op.i32_const, ...signed32(mask), Op.i32_and, Op.local_set, ...unsigned(entry));
    // Low bits that an aligned address would not have make the comparison fail.
    const compared = BigInt.asUintN(64, ~PAGE_MASK) | BigInt(access.size - 1);
    const hit = [
      ...this.and(at, this.constant(compared)),
      ...[...get(entry), Op.i64_load, 3, ...unsigned(tlb + tag), Op.i64_eq],
    ];
    const addend = [...get(entry), Op.i32_load, 2, ...unsigned(tlb + TLB_ADDEND)];
    this.branch(hit, () => quick([...at, Op.i32_wrap_i64, ...addend, Op.i32_add]), long);
  }

  /** Leaves an access to the host; if that ends the instruction, the code ends too. */
  #access(call: number, argument: number, address: Code, ...values: Code[]): void {
    this.storeState(Op.i64_store, State.ADDRESS, address);
    values.forEach((value, i) => this.storeState(Op.i64_store, State.VALUE0 + 8 * i, value));
    this.storeState(Op.i64_store, State.PC, this.constant(this.pc));
    this.spillFlags();
    this.#callHost(call, argument);
    this.branch(this.loadState(Op.i32_load, State.STOP), () => this.#flow.leave());
  }

  #result(n: number): Code {
    return this.once(this.loadState(Op.i64_load, State.VALUE0 + 8 * n));
  }

  /** Leaves the rest of the instruction, and where to go on, to the host. */
  #finish(call: number, argument: number): void {
    this.#commit();
    this.#ended = true;
    this.storeState(Op.i64_store, State.PC, this.constant(this.pc));
    this.spillFlags();
    this.#callHost(call, argument);
    this.#flow.leave();
  }

  #callHost(call: number, argument: number): void {
    this.push(Op.i32_const, ...signed32(call), Op.i32_const, ...signed32(argument));
    this.push(Op.call, FUNCTION_HOST);
  }
}

/** Code that pushes a local. */
export function get(local: number): Code {
  return [Op.local_get, ...unsigned(local)];
}

/** Whether code that starts with i64.const has nothing behind the number. */
function isConstant(code: Code): boolean {
  return code.slice(1).findIndex((byte) => byte < 0x80) === code.length - 2;
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
