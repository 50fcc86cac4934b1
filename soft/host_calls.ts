/**
 * What instructions leave to the host, whether they are interpreted or
 * translated: memory the long way, atomics, exceptions, the system side.
 *
 * Arguments and results travel in the vCPU's state: the address in ADDRESS,
 * values in VALUE0 to VALUE3, and the PC of the instruction in PC. A call that
 * ends the instruction leaves State.STOP set.
 */

import { type MemoryAccess, packAccess, Stop } from "./access.ts";
import type { CpuState } from "./cpu_state.ts";
import { crc32 } from "./crc32.ts";
import { ExceptionClass, takeException } from "./exceptions.ts";
import { AccessKind } from "./mmu.ts";
import type { AtomicOp } from "./ops.ts";
import { State } from "./state.ts";
import { Sctlr } from "./system_registers.ts";

/** The calls, by number. */
export const HostCall = {
  load: 0,
  store: 1,
  atomic: 2,
  compareAndSwap: 3,
  compareAndSwapPair: 4,
  loadExclusive: 5,
  storeExclusive: 6,
  crc32: 7,
  system: 8,
  /** The exception's return address is the instruction itself. */
  exception: 9,
  /** It is the next instruction. */
  exceptionAfter: 10,
  /** SP is the base of an access and not a multiple of 16. */
  checkStack: 11,
} as const;

/** In the argument of atomic, exclusive and CRC calls, beside the access's info: the operation, or that it is a pair. */
export const OPTION_SHIFT = 16;
const INFO_MASK = (1 << OPTION_SHIFT) - 1;
const SIZE_MASK = 3;

/** The read-modify-write operations, by the number that calls use. */
export const atomicOps: readonly AtomicOp[] = [
  "add",
  "clr",
  "eor",
  "set",
  "smax",
  "smin",
  "umax",
  "umin",
  "swp",
];

/** EC and ISS share a word as they do in ESR_ELx, without IL. */
const EC_SHIFT = 26;
const ISS_MASK = 0x1ff_ffff;

/** The block that dc zva zeroes, as DCZID_EL0 says, in bytes. */
export const ZERO_BLOCK = 64;
/** `info` of accesses that are nothing but of their size. */
const INFO_BYTE = packAccess({ size: 1 });
const INFO_DOUBLEWORD = packAccess({ size: 8 });

const NOTHING_WATCHED = 0xffff_ffff_ffff_ffffn;

const combine: Record<AtomicOp, (old: bigint, value: bigint, bits: number) => bigint> = {
  add: (old, value) => old + value,
  clr: (old, value) => old & ~value,
  eor: (old, value) => old ^ value,
  set: (old, value) => old | value,
  smax: (old, value, bits) => BigInt.asIntN(bits, old) > BigInt.asIntN(bits, value) ? old : value,
  smin: (old, value, bits) => BigInt.asIntN(bits, old) < BigInt.asIntN(bits, value) ? old : value,
  umax: (old, value) => old > value ? old : value,
  umin: (old, value) => old < value ? old : value,
  swp: (_old, value) => value,
};

/** The host side of one vCPU's instructions. */
export class HostCalls {
  readonly #cpu: CpuState;
  readonly #memory: MemoryAccess;
  readonly #bytes: DataView;
  readonly #system: (word: number) => void;

  /** @param system Carries out an instruction of the system side. */
  constructor(cpu: CpuState, memory: MemoryAccess, system: (word: number) => void) {
    this.#cpu = cpu;
    this.#memory = memory;
    this.#bytes = new DataView(cpu.memory.buffer);
    this.#system = system;
  }

  /** Zeroes the block of memory that an address is in (dc zva). A fault ends the instruction, and is at the address given. */
  zeroBlock(address: bigint): void {
    const { u64 } = this.#cpu;
    u64[State.ADDRESS / 8] = address;
    if (this.#memory.place(INFO_BYTE, 1, AccessKind.write) < 0) return;
    u64[State.ADDRESS / 8] = address & ~BigInt(ZERO_BLOCK - 1);
    u64[State.VALUE0 / 8] = 0n;
    for (let i = 0; i < ZERO_BLOCK / 8 && this.#cpu.u32[State.STOP / 4] === Stop.none; i++) {
      this.#memory.store(INFO_DOUBLEWORD);
      u64[State.ADDRESS / 8] = u64[State.ADDRESS / 8]! + 8n;
    }
  }

  /** Carries out a call. */
  call(number: number, argument: number): void {
    switch (number) {
      case HostCall.load:
        return this.#memory.load(argument);
      case HostCall.store:
        return this.#memory.store(argument);
      case HostCall.atomic:
        return this.#atomic(argument);
      case HostCall.compareAndSwap:
        return this.#compareAndSwap(argument);
      case HostCall.compareAndSwapPair:
        return this.#compareAndSwapPair(argument);
      case HostCall.loadExclusive:
        return this.#loadExclusive(argument);
      case HostCall.storeExclusive:
        return this.#storeExclusive(argument);
      case HostCall.crc32:
        return this.#crc32(argument);
      case HostCall.system:
        return this.#system(argument);
      case HostCall.checkStack:
        return this.#checkStack();
      default:
        return this.#exception(argument, number === HostCall.exceptionAfter);
    }
  }

  #exception(argument: number, after: boolean): void {
    const cpu = this.#cpu;
    takeException(cpu, {
      kind: "sync",
      ec: argument >>> EC_SHIFT,
      iss: argument & ISS_MASK,
      returnTo: after ? cpu.pc + 4n : cpu.pc,
    });
    cpu.u32[State.STOP / 4] = Stop.redirected;
  }

  /** A stack pointer that is not aligned is a fault where SCTLR_EL1.SA says so, or SA0 at EL0. */
  #checkStack(): void {
    const cpu = this.#cpu;
    const bit = cpu.el === 0 ? Sctlr.SA0 : Sctlr.SA;
    if ((cpu.stored("sctlr_el1") & bit) === 0n) return;
    this.#exception(ExceptionClass.spAlignment << EC_SHIFT, false);
  }

  #atomic(argument: number): void {
    const { u64 } = this.#cpu;
    const info = argument & INFO_MASK;
    const size = 1 << (info & SIZE_MASK);
    const at = this.#memory.place(info, size, AccessKind.write);
    if (at < 0) return;
    const old = this.#read(at, size);
    const value = BigInt.asUintN(8 * size, u64[State.VALUE0 / 8]!);
    this.#write(at, size, combine[atomicOps[argument >> OPTION_SHIFT]!](old, value, 8 * size));
    u64[State.VALUE0 / 8] = old;
  }

  #compareAndSwap(info: number): void {
    const { u64 } = this.#cpu;
    const size = 1 << (info & SIZE_MASK);
    const at = this.#memory.place(info, size, AccessKind.write);
    if (at < 0) return;
    const old = this.#read(at, size);
    if (old === BigInt.asUintN(8 * size, u64[State.VALUE0 / 8]!)) {
      this.#write(at, size, u64[State.VALUE1 / 8]!);
    }
    u64[State.VALUE0 / 8] = old;
  }

  #compareAndSwapPair(info: number): void {
    const { u64 } = this.#cpu;
    const size = 1 << (info & SIZE_MASK);
    const at = this.#memory.place(info, 2 * size, AccessKind.write);
    if (at < 0) return;
    const old = [this.#read(at, size), this.#read(at + size, size)];
    const bits = 8 * size;
    const expected = [State.VALUE0, State.VALUE1].map((v) => BigInt.asUintN(bits, u64[v / 8]!));
    if (old[0] === expected[0] && old[1] === expected[1]) {
      this.#write(at, size, u64[State.VALUE2 / 8]!);
      this.#write(at + size, size, u64[State.VALUE3 / 8]!);
    }
    u64[State.VALUE0 / 8] = old[0]!;
    u64[State.VALUE1 / 8] = old[1]!;
  }

  #loadExclusive(argument: number): void {
    const { u64 } = this.#cpu;
    const pair = argument >> OPTION_SHIFT !== 0;
    const info = argument & INFO_MASK;
    const size = 1 << (info & SIZE_MASK);
    const at = this.#memory.place(info, pair ? 2 * size : size, AccessKind.read);
    if (at < 0) return;
    const values = [this.#read(at, size), pair ? this.#read(at + size, size) : 0n];
    u64[State.EXCLUSIVE_ADDRESS / 8] = u64[State.ADDRESS / 8]!;
    u64[State.EXCLUSIVE_VALUE0 / 8] = u64[State.VALUE0 / 8] = values[0]!;
    u64[State.EXCLUSIVE_VALUE1 / 8] = u64[State.VALUE1 / 8] = values[1]!;
  }

  #storeExclusive(argument: number): void {
    const { u64 } = this.#cpu;
    const pair = argument >> OPTION_SHIFT !== 0;
    const info = argument & INFO_MASK;
    const size = 1 << (info & SIZE_MASK);
    const watched = u64[State.EXCLUSIVE_ADDRESS / 8]! === u64[State.ADDRESS / 8]!;
    u64[State.EXCLUSIVE_ADDRESS / 8] = NOTHING_WATCHED;
    let done = false;
    if (watched) {
      const at = this.#memory.place(info, pair ? 2 * size : size, AccessKind.write);
      if (at < 0) return;
      done = this.#read(at, size) === BigInt.asUintN(8 * size, u64[State.EXCLUSIVE_VALUE0 / 8]!) &&
        (!pair || this.#read(at + size, size) === u64[State.EXCLUSIVE_VALUE1 / 8]!);
      if (done) {
        this.#write(at, size, u64[State.VALUE0 / 8]!);
        if (pair) this.#write(at + size, size, u64[State.VALUE1 / 8]!);
      }
    }
    u64[State.VALUE0 / 8] = done ? 0n : 1n;
  }

  #crc32(argument: number): void {
    const { u32, u64 } = this.#cpu;
    const size = 1 << (argument & SIZE_MASK);
    const crc = u32[State.VALUE0 / 4]!;
    const data = [u32[State.VALUE1 / 4]!, u32[State.VALUE1 / 4 + 1]!] as const;
    u64[State.VALUE0 / 8] = BigInt(crc32(crc, data, size, argument >> OPTION_SHIFT !== 0));
  }

  #read(at: number, size: number): bigint {
    return BigInt.asUintN(8 * size, this.#bytes.getBigUint64(at, true));
  }

  #write(at: number, size: number, value: bigint): void {
    const low = Number(value & 0xffff_ffffn);
    if (size === 8) this.#bytes.setBigUint64(at, value, true);
    else if (size === 4) this.#bytes.setUint32(at, low, true);
    else if (size === 2) this.#bytes.setUint16(at, low, true);
    else this.#bytes.setUint8(at, low);
  }
}
