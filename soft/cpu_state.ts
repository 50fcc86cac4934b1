/** The host's view of a vCPU's state, which lives in WebAssembly memory (see state.ts). */

import { FlagKind, nzcvOf } from "./flags.ts";
import { State, STATE_SIZE, storedIndex, type StoredRegister } from "./state.ts";

/** A vCPU's registers, read and written by the host between and beside translated code. */
export class CpuState {
  /** 64-bit fields, by byte offset / 8. */
  readonly u64: BigUint64Array<SharedArrayBuffer>;
  /** 32-bit fields and halves of 64-bit ones, by byte offset / 4. */
  readonly u32: Uint32Array<SharedArrayBuffer>;

  /** @param base The state's byte offset in the memory, a multiple of 64 KiB. */
  constructor(readonly memory: WebAssembly.Memory, readonly base: number) {
    const buffer = memory.buffer as unknown as SharedArrayBuffer;
    this.u64 = new BigUint64Array(buffer, base, STATE_SIZE / 8);
    this.u32 = new Uint32Array(buffer, base, STATE_SIZE / 4);
  }

  /** X0 to X30; 31 is zero. */
  x(n: number): bigint {
    return n === 31 ? 0n : this.u64[n]!;
  }

  setX(n: number, value: bigint): void {
    if (n !== 31) this.u64[n] = value;
  }

  /** The current stack pointer. */
  get sp(): bigint {
    return this.u64[State.SP / 8]!;
  }

  set sp(value: bigint) {
    this.u64[State.SP / 8] = value;
  }

  get pc(): bigint {
    return this.u64[State.PC / 8]!;
  }

  set pc(value: bigint) {
    this.u64[State.PC / 8] = value;
  }

  /** The exception level, 0 or 1. Changing it is setPstate's business. */
  get el(): number {
    return this.u32[State.EL / 4]!;
  }

  get spsel(): number {
    return this.u32[State.SPSEL / 4]!;
  }

  /** PSTATE.DAIF in bits 9:6. */
  get daif(): number {
    return this.u32[State.DAIF / 4]!;
  }

  set daif(value: number) {
    this.u32[State.DAIF / 4] = value;
  }

  /** N, Z, C and V in bits 31:28. */
  get nzcv(): number {
    const kind = this.u32[State.FLAGS / 4] as FlagKind;
    return nzcvOf(kind, this.u64[State.FLAGS_A / 8]!, this.u64[State.FLAGS_B / 8]!);
  }

  set nzcv(value: number) {
    this.u32[State.FLAGS / 4] = FlagKind.nzcv;
    this.u64[State.FLAGS_A / 8] = BigInt(value);
  }

  /** A stored system register, by name. */
  stored(name: StoredRegister): bigint {
    return this.u64[State.SYSTEM / 8 + storedIndex(name)]!;
  }

  setStored(name: StoredRegister, value: bigint): void {
    this.u64[State.SYSTEM / 8 + storedIndex(name)] = value;
  }

  /** Puts the current stack pointer away and takes the other one, when EL or SPSel change. */
  setMode(el: number, spsel: number): void {
    this.setStored(this.#bank(), this.sp);
    this.u32[State.EL / 4] = el;
    this.u32[State.SPSEL / 4] = spsel;
    this.sp = this.stored(this.#bank());
  }

  /** The stack pointer in use is not in its stored register but in `sp`. */
  bankedSp(bank: "sp_el0" | "sp_el1"): bigint {
    return this.#bank() === bank ? this.sp : this.stored(bank);
  }

  setBankedSp(bank: "sp_el0" | "sp_el1", value: bigint): void {
    if (this.#bank() === bank) this.sp = value;
    else this.setStored(bank, value);
  }

  #bank(): "sp_el0" | "sp_el1" {
    return this.el === 1 && this.spsel === 1 ? "sp_el1" : "sp_el0";
  }
}
