/**
 * Loads and stores of guest memory the long way: translation, permissions,
 * alignment, RAM or MMIO. Translated code comes here when its TLB has no entry;
 * the interpreter always does.
 *
 * An access is described by an `info` word (see packAccess); its virtual address
 * and the values travel in the vCPU's state, so that nothing crosses between
 * WebAssembly and JavaScript as a BigInt.
 */

import type { MmioExit } from "../vm/exit.ts";
import { KVM_EXIT_MMIO } from "../vm/exit.ts";
import { FSC_EXTERNAL_ABORT, takeException } from "./exceptions.ts";
import type { CpuState } from "./cpu_state.ts";
import { AccessKind, type Mmu } from "./mmu.ts";
import type { Access } from "./ops.ts";
import { PAGE_SIZE, type Ram } from "./ram.ts";
import {
  State,
  TLB_ADDEND,
  TLB_ENTRIES,
  TLB_ENTRY_SIZE,
  TLB_OFFSET,
  TLB_READ_TAG,
  TLB_WRITE_TAG,
} from "./state.ts";

// The info word.
const SIZE_MASK = 3;
const SIGNED = 1 << 2;
const SF = 1 << 3;
const RT_SHIFT = 4;
const DESCRIBED = 1 << 9;
const ORDERED = 1 << 10;
const UNPRIVILEGED = 1 << 11;

/** Why translated code must return to the dispatcher (State.STOP). */
export const Stop = {
  none: 0,
  /** The PC has been set, to a vector or after the instruction: go on from there. */
  redirected: 1,
  /** An exit to the host is pending; the PC is at the instruction. */
  exit: 2,
} as const;

/** An access that the host must carry out, or could not be described; what KVM_RUN will say. */
export type PendingExit =
  | { readonly kind: "mmio" }
  | { readonly kind: "nisv"; readonly esrIss: number; readonly faultIpa: number };

/** The access needs nothing more here: it has become a fault or an exit. */
const NOT_HERE = -1;
/** The access lies in two pages, which may be far apart. */
const SPLIT = -2;
/** There is no memory at the address. */
const NO_MEMORY = -3;

/** FSC of an alignment fault. */
const FSC_ALIGNMENT = 0x21;
const EC_DATA_ABORT = 0x24;
const ISS_WNR = 1 << 6;
/** SCTLR_EL1.A: every access must be aligned. */
const SCTLR_A = 1n << 1n;

/** Puts what an access is into one word. */
export function packAccess(access: Access): number {
  const { size, syndrome, ordered, unprivileged } = access;
  let info = Math.log2(size) | (ordered ? ORDERED : 0) | (unprivileged ? UNPRIVILEGED : 0);
  if (syndrome !== undefined) {
    info |= DESCRIBED | (syndrome.rt << RT_SHIFT) | (syndrome.sf ? SF : 0);
    info |= syndrome.signed ? SIGNED : 0;
  }
  return info;
}

/** Told of stores to pages that code was translated from. */
export interface CodeWatcher {
  /** Whether code of this page has been translated: stores to it must be seen. */
  hasCode(page: number): boolean;
  /** Bytes of such a page are being written. */
  written(physAddr: number, length: number): void;
}

/** Guest memory, for one vCPU. */
export class MemoryAccess {
  /** The exit that the last access asks for. */
  pending?: PendingExit;
  /** The access of a pending "mmio", filled as KVM_RUN gives it. */
  readonly mmio: MmioExit = {
    reason: KVM_EXIT_MMIO,
    physAddr: 0,
    data: new DataView(new ArrayBuffer(8)),
    len: 0,
    isWrite: false,
  };
  /** Virtual pages looked up because the TLB had no entry. */
  tlbMisses = 0;

  readonly #cpu: CpuState;
  readonly #mmu: Mmu;
  readonly #ram: Ram;
  readonly #view: DataView;
  readonly #code: CodeWatcher;
  #mmioInfo = 0;
  // What #locate found out, besides its answer.
  #physAddr = 0;
  #first = 0;
  #second = 0;
  #secondPhysAddr = 0;
  #firstLength = 0;

  constructor(cpu: CpuState, mmu: Mmu, ram: Ram, code: CodeWatcher) {
    this.#cpu = cpu;
    this.#mmu = mmu;
    this.#ram = ram;
    this.#view = new DataView(ram.memory.buffer);
    this.#code = code;
    this.flushTlb();
  }

  /** Forgets all translations of data addresses. */
  flushTlb(): void {
    const words = TLB_ENTRIES * TLB_ENTRY_SIZE / 4;
    for (const offset of TLB_OFFSET) {
      this.#cpu.u32.fill(0xffff_ffff, offset / 4, offset / 4 + words);
    }
  }

  /** Stores to a page must come here from now on, because code was translated from it. */
  watchPage(hostOffset: number): void {
    const { u32 } = this.#cpu;
    for (const offset of TLB_OFFSET) {
      for (let i = 0; i < TLB_ENTRIES; i++) {
        const entry = (offset + i * TLB_ENTRY_SIZE) / 4;
        const low = u32[entry + TLB_WRITE_TAG / 4]!;
        if ((low & (PAGE_SIZE - 1)) !== 0) continue;
        if (((low + u32[entry + TLB_ADDEND / 4]!) >>> 0) !== hostOffset) continue;
        u32[entry + TLB_WRITE_TAG / 4] = 0xffff_ffff;
      }
    }
  }

  /** A load: from State.ADDRESS into State.VALUE0, zero-extended. */
  load(info: number): void {
    const size = 1 << (info & SIZE_MASK);
    const { u32, u64 } = this.#cpu;
    const at = this.#locate(info, size, AccessKind.read);
    if (at === NOT_HERE) return;
    if (at === SPLIT) {
      let value = 0n;
      for (let i = size - 1; i >= 0; i--) {
        value = value << 8n | BigInt(this.#view.getUint8(this.#byteAt(i)));
      }
      u64[State.VALUE0 / 8] = value;
      return;
    }
    const value = State.VALUE0 / 4;
    u32[value + 1] = 0;
    if (size === 8) {
      u32[value] = this.#view.getUint32(at, true);
      u32[value + 1] = this.#view.getUint32(at + 4, true);
    } else if (size === 4) u32[value] = this.#view.getUint32(at, true);
    else if (size === 2) u32[value] = this.#view.getUint16(at, true);
    else u32[value] = this.#view.getUint8(at);
  }

  /** A store: State.VALUE0 to State.ADDRESS. */
  store(info: number): void {
    const size = 1 << (info & SIZE_MASK);
    const at = this.#locate(info, size, AccessKind.write);
    if (at === NOT_HERE) return;
    const low = this.#cpu.u32[State.VALUE0 / 4]!;
    const high = this.#cpu.u32[State.VALUE0 / 4 + 1]!;
    if (at === SPLIT) {
      for (let i = 0; i < size; i++) {
        this.#view.setUint8(
          this.#byteAt(i),
          (i < 4 ? low >>> (8 * i) : high >>> (8 * i - 32)) & 0xff,
        );
      }
    } else if (size === 8) {
      this.#view.setUint32(at, low, true);
      this.#view.setUint32(at + 4, high, true);
    } else if (size === 4) this.#view.setUint32(at, low, true);
    else if (size === 2) this.#view.setUint16(at, low, true);
    else this.#view.setUint8(at, low);
    if (at === SPLIT) {
      this.#noticeStore(this.#physAddr, this.#firstLength);
      this.#noticeStore(this.#secondPhysAddr, size - this.#firstLength);
    } else {
      this.#noticeStore(this.#physAddr, size);
    }
  }

  /**
   * The place of an aligned access that both loads and stores, for atomics.
   *
   * @param span The bytes it covers, to which it must be aligned.
   * @returns An offset in the WebAssembly memory, or -1 if the instruction has ended (a fault, no memory).
   */
  place(
    info: number,
    span: number,
    kind: typeof AccessKind.read | typeof AccessKind.write,
  ): number {
    const at = this.#locate((info | ORDERED) & ~DESCRIBED, span, kind);
    if (at !== NOT_HERE && kind === AccessKind.write) this.#noticeStore(this.#physAddr, span);
    return at;
  }

  /** Completes a load that the host has answered: the value in `mmio.data` goes to the register. */
  completeMmio(): void {
    this.pending = undefined;
    const cpu = this.#cpu;
    cpu.pc += 4n;
    if (this.mmio.isWrite) return;
    const info = this.#mmioInfo;
    const bits = 8 * this.mmio.len;
    let value = BigInt.asUintN(bits, this.mmio.data.getBigUint64(0, true));
    if ((info & SIGNED) !== 0) {
      value = BigInt.asUintN((info & SF) !== 0 ? 64 : 32, BigInt.asIntN(bits, value));
    }
    cpu.setX((info >> RT_SHIFT) & 31, value);
  }

  /** A data abort at an address. */
  fault(status: number, far: bigint, isWrite: boolean): void {
    const cpu = this.#cpu;
    takeException(cpu, {
      kind: "sync",
      ec: EC_DATA_ABORT,
      iss: status | (isWrite ? ISS_WNR : 0),
      far,
      returnTo: cpu.pc,
    });
    cpu.u32[State.STOP / 4] = Stop.redirected;
  }

  /** A synchronous external abort: nothing answered the access that is pending. */
  abortPending(): void {
    this.pending = undefined;
    // As KVM injects it: the syndrome says nothing of the access.
    this.fault(FSC_EXTERNAL_ABORT, this.#cpu.u64[State.ADDRESS / 8]!, false);
  }

  /**
   * Where the access at State.ADDRESS goes: an offset in the WebAssembly
   * memory; SPLIT, with the two parts in #first and #second; or NOT_HERE, when
   * it has become a fault or an exit.
   */
  #locate(
    info: number,
    size: number,
    kind: typeof AccessKind.read | typeof AccessKind.write,
  ): number {
    const { u32, u64 } = this.#cpu;
    const low = u32[State.ADDRESS / 4]!;
    const high = u32[State.ADDRESS / 4 + 1]!;
    const el = (info & UNPRIVILEGED) !== 0 ? 0 : this.#cpu.el as 0 | 1;
    const isWrite = kind === AccessKind.write;
    if ((low & (size - 1)) !== 0 && this.#mustBeAligned(info, high, low, kind, el)) {
      this.fault(FSC_ALIGNMENT, u64[State.ADDRESS / 8]!, isWrite);
      return NOT_HERE;
    }
    const room = PAGE_SIZE - (low & (PAGE_SIZE - 1));
    this.#first = this.#resolve(high, low, kind, el, Math.min(size, room));
    if (this.#first === NOT_HERE) return NOT_HERE;
    if (room < size) {
      // The second part starts a page, so that a carry out of the low half is the only one.
      const nextLow = (low + room) >>> 0;
      const nextHigh = nextLow === 0 ? (high + 1) >>> 0 : high;
      const physAddr = this.#physAddr;
      this.#second = this.#resolve(nextHigh, nextLow, kind, el, size - room);
      if (this.#second === NOT_HERE) return NOT_HERE;
      this.#firstLength = room;
      this.#secondPhysAddr = this.#physAddr;
      this.#physAddr = physAddr;
      if (this.#first >= 0 && this.#second >= 0) return SPLIT;
      this.#first = NO_MEMORY;
    }
    if (this.#first >= 0) return this.#first;
    this.#leave(room < size ? info & ~DESCRIBED : info, size, isWrite);
    return NOT_HERE;
  }

  /** Translates one part of an access: an offset, NO_MEMORY, or NOT_HERE after a fault. Fills the TLB. */
  #resolve(
    high: number,
    low: number,
    kind: typeof AccessKind.read | typeof AccessKind.write,
    el: 0 | 1,
    length: number,
  ): number {
    this.tlbMisses++;
    const physAddr = this.#mmu.translate(high, low, kind, el);
    const isWrite = kind === AccessKind.write;
    if (physAddr < 0) {
      const far = BigInt(high) << 32n | BigInt(low);
      // A table outside memory: KVM injects an abort that says neither that nor what the access was.
      if (this.#mmu.faultIsTableWalk) this.fault(FSC_EXTERNAL_ABORT, far, false);
      else this.fault(this.#mmu.faultStatus, far, isWrite);
      return NOT_HERE;
    }
    this.#physAddr = physAddr;
    const at = this.#ram.offsetOf(physAddr, length);
    const writable = this.#ram.isWritable(physAddr);
    if (at < 0 || (isWrite && !writable)) return NO_MEMORY;
    this.#fillTlb(high, low, at, el, writable && this.#mmu.writable);
    return at;
  }

  #fillTlb(high: number, low: number, at: number, el: 0 | 1, writable: boolean): void {
    const { u32 } = this.#cpu;
    const page = (low & ~(PAGE_SIZE - 1)) >>> 0;
    const index = (low >>> 12) % TLB_ENTRIES;
    const entry = (TLB_OFFSET[el] + index * TLB_ENTRY_SIZE) / 4;
    const watched = this.#code.hasCode(Math.floor(this.#physAddr / PAGE_SIZE));
    u32[entry + TLB_READ_TAG / 4] = this.#mmu.readable ? page : 0xffff_ffff;
    u32[entry + TLB_READ_TAG / 4 + 1] = high;
    u32[entry + TLB_WRITE_TAG / 4] = writable && !watched ? page : 0xffff_ffff;
    u32[entry + TLB_WRITE_TAG / 4 + 1] = high;
    u32[entry + TLB_ADDEND / 4] = at - low;
  }

  #mustBeAligned(
    info: number,
    high: number,
    low: number,
    kind: typeof AccessKind.read | typeof AccessKind.write,
    el: 0 | 1,
  ): boolean {
    if ((info & ORDERED) !== 0 || (this.#cpu.stored("sctlr_el1") & SCTLR_A) !== 0n) return true;
    // A translation fault has priority: it will be met again, and reported.
    return this.#mmu.translate(high, low, kind, el) >= 0 && this.#mmu.isDevice;
  }

  /** No memory answers: an exit for the host. */
  #leave(info: number, size: number, isWrite: boolean): void {
    const { u32 } = this.#cpu;
    u32[State.STOP / 4] = Stop.exit;
    if ((info & DESCRIBED) === 0) {
      const esrIss = isWrite ? ISS_WNR : 0;
      this.pending = { kind: "nisv", esrIss, faultIpa: this.#physAddr };
      return;
    }
    this.#mmioInfo = info;
    this.mmio.physAddr = this.#physAddr;
    this.mmio.len = size;
    this.mmio.isWrite = isWrite;
    this.mmio.data.setUint32(0, isWrite ? u32[State.VALUE0 / 4]! : 0, true);
    this.mmio.data.setUint32(4, isWrite ? u32[State.VALUE0 / 4 + 1]! : 0, true);
    this.pending = { kind: "mmio" };
  }

  #byteAt(i: number): number {
    return i < this.#firstLength ? this.#first + i : this.#second + i - this.#firstLength;
  }

  /** A store may have changed code. */
  #noticeStore(physAddr: number, length: number): void {
    if (this.#code.hasCode(Math.floor(physAddr / PAGE_SIZE))) this.#code.written(physAddr, length);
  }
}
