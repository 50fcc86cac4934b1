/**
 * The operations of instructions, written as WebAssembly.
 *
 * A value is the piece of code that pushes it. Guest registers live in locals,
 * loaded before they are first read, and each write also goes to the vCPU's state,
 * so that the state is exact wherever the code may stop; only the flags are
 * stored where it does stop. Writes of an instruction take effect at its end.
 */

import { packAccess } from "./access.ts";
import type { Instruction } from "./blocks.ts";
import { type Code, get } from "./code_writer.ts";
import { executeDecoded } from "./decode.ts";
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
  /** At a fixed or computed address, and then most likely behind this instruction. */
  call(target: bigint | Code, next: bigint): void;
  /** At a computed address, most likely where the last call came from. */
  returnTo(target: Code): void;
  /** Back to the dispatcher, which finds everything in the state. */
  leave(): void;
}

const PAGE_SHIFT = 12;
const PAGE_MASK = 0xfffn;
/** The bits of SP that are zero where it is aligned; 15 is one byte in WebAssembly. */
const STACK_MASK = 15;
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
  /** The registers whose locals hold their values where the code is now, a set of bits; 31 is SP. */
  loaded = 0;
  /** How often the code so far calls other code. */
  calls = 0;
  /** The locals of X0 to X30 and SP. */
  readonly #registers: number[] = [];
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
  instruction({ pc, decoded }: Instruction): boolean {
    this.pc = pc;
    this.#ended = false;
    this.freeScratch();
    executeDecoded(this, decoded);
    this.#commit();
    return this.#ended;
  }

  x(n: number): Code {
    return n === 31 ? this.constant(0) : this.xOrSp(n);
  }
  xOrSp(n: number): Code {
    const local = this.#register(n);
    this.loadRegisters(1 << n);
    return get(local);
  }
  setX(n: number, value: Code): void {
    if (n !== 31) this.setXOrSp(n, value);
  }
  setXOrSp(n: number, value: Code): void {
    this.#pending.push([n, this.once(value)]);
  }

  /** Sees to it that the registers of a set, bits by their numbers, are in their locals. */
  loadRegisters(set: number): void {
    for (let missing = set & ~this.loaded; missing !== 0; missing &= missing - 1) {
      const n = 31 - Math.clz32(missing & -missing);
      this.assign(this.#register(n), this.loadState(Op.i64_load, State.X + 8 * n));
    }
    this.loaded |= set;
  }

  /** Other code has run: registers and flags are only in the state. */
  reload(): void {
    this.loaded = 0;
    this.calls++;
    this.reloadFlags();
  }

  stackBase(): Code {
    const sp = this.once(this.xOrSp(31));
    const isMisaligned = [sp, Op.i32_wrap_i64, Op.i32_const, STACK_MASK, Op.i32_and];
    this.branchHinted(isMisaligned, false, () => this.#callAndCheck(HostCall.checkStack, 0));
    return sp;
  }
  load(address: Code, access: Access): Code {
    const at = this.once(address);
    const result = this.scratch(I64);
    this.#withTlb(at, access, TLB_READ_TAG, 1, (host) => {
      this.assign(result, [host, LOADS[access.size], 0, 0]);
    }, () => this.#loadSlowly(at, access, result));
    return get(result);
  }
  store(address: Code, value: Code, access: Access): void {
    const at = this.once(address), what = this.once(value);
    this.#withTlb(at, access, TLB_WRITE_TAG, 1, (host) => {
      this.append([host, what, STORES[access.size], 0, 0]);
    }, () => this.#access(HostCall.store, packAccess(access), at, what));
  }
  loadPair(address: Code, access: Access): [Code, Code] {
    const at = this.once(address);
    const [first, second] = [this.scratch(I64), this.scratch(I64)];
    this.#withTlb(at, access, TLB_READ_TAG, 2, (host) => {
      this.assign(first, [host, LOADS[access.size], 0, 0]);
      this.assign(second, [host, LOADS[access.size], 0, access.size]);
    }, () => {
      this.#loadSlowly(at, access, first);
      this.#loadSlowly(this.add(at, this.constant(access.size)), access, second);
    });
    return [get(first), get(second)];
  }
  storePair(address: Code, values: [Code, Code], access: Access): void {
    const at = this.once(address), first = this.once(values[0]), second = this.once(values[1]);
    this.#withTlb(at, access, TLB_WRITE_TAG, 2, (host) => {
      this.append([host, first, STORES[access.size], 0, 0]);
      this.append([host, second, STORES[access.size], 0, access.size]);
    }, () => {
      this.#access(HostCall.store, packAccess(access), at, first);
      const next = this.add(at, this.constant(access.size));
      this.#access(HostCall.store, packAccess(access), next, second);
    });
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

  jump(target: bigint): void {
    this.#commit();
    this.#flow.jump(target);
    this.#ended = true;
  }
  jumpIf(condition: Code, target: bigint): void {
    this.#commit();
    // What a jump leads to may be written on the spot: this is no more the instruction then.
    const next = BigInt.asUintN(64, this.pc + 4n);
    const { flags, loaded } = this;
    this.branch(condition, () => this.#flow.jump(target));
    Object.assign(this, { flags, loaded });
    this.#flow.jump(next);
    this.#ended = true;
  }
  jumpTo(target: Code): void {
    const to = this.once(target);
    this.#commit();
    this.#flow.jumpTo(to);
    this.#ended = true;
  }
  call(target: bigint): void {
    this.#commit();
    this.#flow.call(target, BigInt.asUintN(64, this.pc + 4n));
    this.#ended = true;
  }
  callTo(target: Code): void {
    const to = this.once(target);
    this.#commit();
    this.#flow.call(to, BigInt.asUintN(64, this.pc + 4n));
    this.#ended = true;
  }
  returnTo(target: Code): void {
    const to = this.once(target);
    this.#commit();
    this.#flow.returnTo(to);
    this.#ended = true;
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
      this.loaded |= 1 << register;
    }
    this.#pending = [];
  }

  #register(n: number): number {
    return this.#registers[n] ??= this.local(I64);
  }

  /**
   * Writes an access twice: quickly, where the TLB has the page, and the long way.
   *
   * @param count How many neighbours are accessed.
   */
  #withTlb(
    at: Code,
    access: Access,
    tag: number,
    count: 1 | 2,
    quick: (host: Code) => void,
    long: () => void,
  ): void {
    const tlb = this.base + TLB_OFFSET[access.unprivileged ? 0 : this.#el];
    const entry = this.scratch(I32);
    const mask = (TLB_ENTRIES - 1) * TLB_ENTRY_SIZE;
    // The page number times the size of an entry, in one shift.
    const shift = PAGE_SHIFT - Math.log2(TLB_ENTRY_SIZE);
    this.append([at, Op.i32_wrap_i64, Op.i32_const, signed32(shift), Op.i32_shr_u]);
    this.push(Op.i32_const, signed32(mask), Op.i32_and, Op.local_set, unsigned(entry));
    // The last of the neighbours must be in this page too, and aligned: low bits
    // that an aligned address would not have make the comparison fail.
    const last = count === 1 ? at : this.add(at, this.constant(access.size));
    const compared = BigInt.asUintN(64, ~PAGE_MASK) | BigInt(access.size - 1);
    const hit = [
      this.and(last, this.constant(compared)),
      [get(entry), Op.i64_load, 3, unsigned(tlb + tag), Op.i64_eq],
    ];
    const addend = [get(entry), Op.i32_load, 2, unsigned(tlb + TLB_ADDEND)];
    this.branchHinted(hit, true, () => {
      const host = [at, Op.i32_wrap_i64, addend, Op.i32_add];
      if (count === 1) return quick(host);
      const local = this.scratch(I32);
      this.assign(local, host);
      quick(get(local));
    }, long);
  }

  /** Loads the long way. */
  #loadSlowly(at: Code, access: Access, result: number): void {
    this.#access(HostCall.load, packAccess(access), at);
    this.assign(result, this.loadState(Op.i64_load, State.VALUE0));
  }

  /** Leaves an access to the host; if that ends the instruction, the code ends too. */
  #access(call: number, argument: number, address: Code, ...values: Code[]): void {
    this.storeState(Op.i64_store, State.ADDRESS, address);
    values.forEach((value, i) => this.storeState(Op.i64_store, State.VALUE0 + 8 * i, value));
    this.#callAndCheck(call, argument);
  }

  /** Calls the host; if that ends the instruction, the code ends too. */
  #callAndCheck(call: number, argument: number): void {
    this.storeState(Op.i64_store, State.PC, this.constant(this.pc));
    this.spillFlags();
    this.callHost(call, argument);
    this.branchHinted(this.loadState(Op.i32_load, State.STOP), false, () => this.#flow.leave());
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
