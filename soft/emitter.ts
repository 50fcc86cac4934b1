/**
 * The operations of instructions, written as WebAssembly.
 *
 * A value is the piece of code that pushes it. Guest registers live in locals,
 * loaded when the code is entered, and each write also goes to the vCPU's state,
 * so that the state is exact wherever the code may stop; only the flags are
 * stored where it does stop. Writes of an instruction take effect at its end.
 */

import { packAccess } from "./access.ts";
import { type Code, get } from "./code_writer.ts";
import { execute } from "./decode.ts";
import { FlagWriter } from "./flag_writer.ts";
import { atomicOps, HostCall, OPTION_SHIFT } from "./host_calls.ts";
import type { Access, AtomicOp, Ops } from "./ops.ts";
import {
  State,
  TLB_ADDEND,
  TLB_ENTRIES,
  TLB_ENTRY_SIZE,
  TLB_OFFSET,
  TLB_READ_TAG,
  TLB_WRITE_TAG,
} from "./state.ts";
import { I32, I64, Op, signed32, unsigned } from "./wasm.ts";

/** Where code goes on at the end of an instruction; the translator knows how. */
export interface Flow {
  /** At a fixed address. */
  jump(target: bigint): void;
  /** At a computed address. */
  jumpTo(target: Code): void;
  /** Back to the dispatcher, which finds everything in the state. */
  leave(): void;
}

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

/** Writes the code of one region. */
export class Emitter extends FlagWriter implements Ops<Code, Code> {
  pc = 0n;
  readonly #el: 0 | 1;
  readonly #flow: Flow;
  /** The locals of X0 to X30 and SP that the region uses. */
  readonly #registers = new Map<number, number>();
  /** Register writes that wait for the end of the instruction. */
  #pending: [register: number, value: Code][] = [];
  #ended = false;

  /**
   * @param base The state's offset in memory.
   * @param el The exception level the code runs at.
   * @param writesFlags Whether any of the code to come may set flags.
   */
  constructor(base: number, el: 0 | 1, flow: Flow, writesFlags: boolean) {
    super(base, writesFlags);
    this.#el = el;
    this.#flow = flow;
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
    const code = this.loadFlags();
    for (const [register, local] of this.#registers) {
      code.push(
        ...this.loadState(Op.i64_load, State.X + 8 * register),
        Op.local_set,
        ...unsigned(local),
      );
    }
    return code;
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

  load(address: Code, access: Access): Code {
    const at = this.once(address);
    const result = this.local(I64);
    this.#withTlb(at, access, TLB_READ_TAG, (hostAddress) => {
      this.append(hostAddress);
      this.push(LOADS[access.size], 0, 0);
      this.push(Op.local_set, ...unsigned(result));
    }, () => {
      this.#access(HostCall.load, packAccess(access), at);
      this.assign(result, this.loadState(Op.i64_load, State.VALUE0));
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
    this.forgetComparison();
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
      this.assign(this.#register(register), value);
      this.storeState(Op.i64_store, State.X + 8 * register, value);
    }
    this.#pending = [];
  }

  #register(n: number): number {
    let local = this.#registers.get(n);
    if (local === undefined) this.#registers.set(n, local = this.local(I64));
    return local;
  }

  /** Writes an access twice: quickly, where the TLB has the page, and the long way. */
  #withTlb(
    at: Code,
    access: Access,
    tag: number,
    quick: (hostAddress: Code) => void,
    long: () => void,
  ): void {
    const tlb = this.base + TLB_OFFSET[access.unprivileged ? 0 : this.#el];
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
    this.callHost(call, argument);
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
    this.callHost(call, argument);
    this.#flow.leave();
  }
}
