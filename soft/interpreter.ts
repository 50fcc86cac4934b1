/** The operations of instructions, carried out at once: how code runs that is not worth translating yet. */

import { packAccess } from "./access.ts";
import type { CpuState } from "./cpu_state.ts";
import { execute } from "./decode.ts";
import { conditionHolds, NZCV_C, packFlags } from "./flags.ts";
import { atomicOps, HostCall, type HostCalls, OPTION_SHIFT } from "./host_calls.ts";
import type { Access, AccessSize, AtomicOp, Condition, ConditionalCompare, Ops } from "./ops.ts";
import { State } from "./state.ts";

const u64 = (value: bigint) => BigInt.asUintN(64, value);
const s64 = (value: bigint) => BigInt.asIntN(64, value);

/** The bits of SP that are zero where it is aligned. */
const STACK_MASK = 15n;

/** Thrown, and caught by `step`, when an instruction ends early: by a fault or an exit. Not an error. */
const INSTRUCTION_ENDED = Symbol("instruction ended");

/** Carries instructions out, one at a time. */
export class Interpreter implements Ops<bigint, boolean> {
  pc = 0n;
  readonly #cpu: CpuState;
  readonly #host: HostCalls;
  #next = 0n;

  constructor(cpu: CpuState, host: HostCalls) {
    this.#cpu = cpu;
    this.#host = host;
  }

  /** Carries out an instruction at the vCPU's PC, and moves the PC on. */
  step(word: number): void {
    this.pc = this.#cpu.pc;
    this.#next = u64(this.pc + 4n);
    try {
      execute(this, word);
    } catch (thrown) {
      if (thrown !== INSTRUCTION_ENDED) throw thrown;
      return;
    }
    this.#cpu.pc = this.#next;
  }

  constant(value: bigint | number): bigint {
    return u64(BigInt(value));
  }
  once(value: bigint): bigint {
    return value;
  }
  add(a: bigint, b: bigint): bigint {
    return u64(a + b);
  }
  sub(a: bigint, b: bigint): bigint {
    return u64(a - b);
  }
  mul(a: bigint, b: bigint): bigint {
    return u64(a * b);
  }
  and(a: bigint, b: bigint): bigint {
    return a & b;
  }
  or(a: bigint, b: bigint): bigint {
    return a | b;
  }
  xor(a: bigint, b: bigint): bigint {
    return a ^ b;
  }
  shl(a: bigint, amount: bigint): bigint {
    return u64(a << (amount & 63n));
  }
  shr(a: bigint, amount: bigint): bigint {
    return a >> (amount & 63n);
  }
  sar(a: bigint, amount: bigint): bigint {
    return u64(s64(a) >> (amount & 63n));
  }
  ror(a: bigint, amount: bigint): bigint {
    const by = amount & 63n;
    return u64(a >> by | a << (64n - by));
  }
  ror32(a: bigint, amount: bigint): bigint {
    const by = amount & 31n, low = this.w(a);
    return this.w(low >> by | low << (32n - by));
  }
  clz(a: bigint): bigint {
    return a === 0n ? 64n : BigInt(64 - a.toString(2).length);
  }
  udiv(a: bigint, b: bigint): bigint {
    return b === 0n ? 0n : a / b;
  }
  sdiv(a: bigint, b: bigint): bigint {
    return b === 0n ? 0n : u64(s64(a) / s64(b));
  }
  umulh(a: bigint, b: bigint): bigint {
    return (a * b) >> 64n;
  }
  smulh(a: bigint, b: bigint): bigint {
    return u64((s64(a) * s64(b)) >> 64n);
  }
  w(a: bigint): bigint {
    return BigInt.asUintN(32, a);
  }
  signExtend(a: bigint, bits: number): bigint {
    return u64(BigInt.asIntN(bits, a));
  }
  crc32(crc: bigint, data: bigint, size: AccessSize, castagnoli: boolean): bigint {
    this.#cpu.u64[State.VALUE0 / 8] = crc;
    this.#cpu.u64[State.VALUE1 / 8] = data;
    this.#call(HostCall.crc32, packAccess({ size }) | Number(castagnoli) << OPTION_SHIFT);
    return this.#result(0);
  }

  equal(a: bigint, b: bigint): boolean {
    return a === b;
  }
  lessUnsigned(a: bigint, b: bigint): boolean {
    return a < b;
  }
  lessSigned(a: bigint, b: bigint): boolean {
    return s64(a) < s64(b);
  }
  not(a: boolean): boolean {
    return !a;
  }
  fromTruth(a: boolean): bigint {
    return a ? 1n : 0n;
  }
  select(condition: boolean, yes: bigint, no: bigint): bigint {
    return condition ? yes : no;
  }

  x(n: number): bigint {
    return this.#cpu.x(n);
  }
  xOrSp(n: number): bigint {
    return this.#cpu.u64[n]!;
  }
  setX(n: number, value: bigint): void {
    this.#cpu.setX(n, value);
  }
  setXOrSp(n: number, value: bigint): void {
    this.#cpu.u64[n] = value;
  }

  addWithFlags(a: bigint, b: bigint, carry: boolean | undefined, is64: boolean): bigint {
    const bits = is64 ? 64 : 32;
    const x = BigInt.asUintN(bits, a), y = BigInt.asUintN(bits, b);
    const sum = x + y + (carry ? 1n : 0n);
    const result = BigInt.asUintN(bits, sum);
    const signed = BigInt.asIntN(bits, x) + BigInt.asIntN(bits, y) + (carry ? 1n : 0n);
    this.#setFlags(result, is64, sum !== result, signed !== BigInt.asIntN(bits, result));
    return result;
  }
  subWithFlags(a: bigint, b: bigint, is64: boolean): bigint {
    return this.addWithFlags(a, ~b, true, is64);
  }
  logicFlags(result: bigint, is64: boolean): bigint {
    this.#setFlags(result, is64, false, false);
    return result;
  }
  compareIf(condition: Condition, { a, b, is64, subtract, otherwise }: ConditionalCompare<bigint>) {
    if (!this.holds(condition)) this.#cpu.nzcv = (otherwise << 28) >>> 0;
    else if (subtract) this.subWithFlags(a, b, is64);
    else this.addWithFlags(a, b, undefined, is64);
  }
  carry(): boolean {
    return (this.#cpu.nzcv & NZCV_C) !== 0;
  }
  holds(condition: Condition): boolean {
    return conditionHolds(condition, this.#cpu.nzcv);
  }
  nzcv(): bigint {
    return BigInt(this.#cpu.nzcv);
  }
  setNzcv(value: bigint): void {
    this.#cpu.nzcv = Number(value & 0xf000_0000n);
  }

  load(address: bigint, access: Access): bigint {
    this.#access(HostCall.load, packAccess(access), address);
    return this.#result(0);
  }
  stackBase(): bigint {
    const sp = this.xOrSp(31);
    if ((sp & STACK_MASK) !== 0n) this.#call(HostCall.checkStack, 0);
    return sp;
  }
  store(address: bigint, value: bigint, access: Access): void {
    this.#access(HostCall.store, packAccess(access), address, value);
  }
  loadPair(address: bigint, access: Access): [bigint, bigint] {
    return [this.load(address, access), this.load(u64(address + BigInt(access.size)), access)];
  }
  storePair(address: bigint, values: [bigint, bigint], access: Access): void {
    this.store(address, values[0], access);
    this.store(u64(address + BigInt(access.size)), values[1], access);
  }
  atomic(op: AtomicOp, address: bigint, value: bigint, access: Access): bigint {
    const argument = packAccess(access) | atomicOps.indexOf(op) << OPTION_SHIFT;
    this.#access(HostCall.atomic, argument, address, value);
    return this.#result(0);
  }
  compareAndSwap(address: bigint, expected: bigint, value: bigint, access: Access): bigint {
    this.#access(HostCall.compareAndSwap, packAccess(access), address, expected, value);
    return this.#result(0);
  }
  compareAndSwapPair(
    address: bigint,
    expected: [bigint, bigint],
    value: [bigint, bigint],
    access: Access,
  ): [bigint, bigint] {
    this.#access(HostCall.compareAndSwapPair, packAccess(access), address, ...expected, ...value);
    return [this.#result(0), this.#result(1)];
  }
  loadExclusive(address: bigint, access: Access, pair: boolean): [bigint, bigint] {
    this.#access(
      HostCall.loadExclusive,
      packAccess(access) | Number(pair) << OPTION_SHIFT,
      address,
    );
    return [this.#result(0), this.#result(1)];
  }
  storeExclusive(address: bigint, values: [bigint, bigint], access: Access, pair: boolean): bigint {
    const argument = packAccess(access) | Number(pair) << OPTION_SHIFT;
    this.#access(HostCall.storeExclusive, argument, address, ...values);
    return this.#result(0);
  }
  clearExclusive(): void {
    this.#cpu.u64[State.EXCLUSIVE_ADDRESS / 8] = u64(-1n);
  }
  barrier(): void {}

  jump(target: bigint): void {
    this.#next = target;
  }
  jumpIf(condition: boolean, target: bigint): void {
    if (condition) this.#next = target;
  }
  jumpTo(target: bigint): void {
    this.#next = target;
  }
  call(target: bigint): void {
    this.jump(target);
  }
  callTo(target: bigint): void {
    this.jumpTo(target);
  }
  returnTo(target: bigint): void {
    this.jumpTo(target);
  }
  exception(exceptionClass: number, iss: number, after = false): void {
    const call = after ? HostCall.exceptionAfter : HostCall.exception;
    this.#call(call, exceptionClass << 26 | iss);
  }
  undefined(): void {
    this.exception(0, 0);
  }
  system(word: number): void {
    this.#call(HostCall.system, word);
    // The system side has set the PC itself.
    throw INSTRUCTION_ENDED;
  }
  systemRegister(index: number): bigint {
    return this.#cpu.u64[State.SYSTEM / 8 + index]!;
  }
  setSystemRegister(index: number, value: bigint): void {
    this.#cpu.u64[State.SYSTEM / 8 + index] = value;
  }

  #setFlags(result: bigint, is64: boolean, carry: boolean, overflow: boolean): void {
    const sign = result >> (is64 ? 63n : 31n) & 1n;
    this.#cpu.nzcv = packFlags(
      Number(sign),
      Number(result === 0n),
      Number(carry),
      Number(overflow),
    );
  }

  #access(call: number, argument: number, address: bigint, ...values: bigint[]): void {
    this.#cpu.u64[State.ADDRESS / 8] = address;
    values.forEach((value, i) => this.#cpu.u64[State.VALUE0 / 8 + i] = value);
    this.#call(call, argument);
  }

  #call(call: number, argument: number): void {
    this.#host.call(call, argument);
    if (this.#cpu.u32[State.STOP / 4] !== 0) throw INSTRUCTION_ENDED;
  }

  #result(n: number): bigint {
    return this.#cpu.u64[State.VALUE0 / 8 + n]!;
  }
}
