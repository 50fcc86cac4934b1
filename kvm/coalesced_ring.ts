/** The ring in which KVM lets a guest's writes wait (coalesced MMIO): takes them out, in order. */

import { DEFERRED_WRITES, type DeferredWrites } from "../vm/exit.ts";
import { kvm_coalesced_mmio, kvm_coalesced_mmio_ring } from "./structs.ts";

// Where the fields lie, counted in u32.
const FIRST = kvm_coalesced_mmio_ring.offset.first / 4;
const LAST = kvm_coalesced_mmio_ring.offset.last / 4;
const ENTRIES = kvm_coalesced_mmio_ring.offset.coalesced_mmio / 4;
const ENTRY_SIZE = kvm_coalesced_mmio.size / 4;
const ENTRY_PHYS_ADDR = kvm_coalesced_mmio.offset.phys_addr / 4;
const ENTRY_LEN = kvm_coalesced_mmio.offset.len / 4;
const ENTRY_DATA = kvm_coalesced_mmio.offset.data / 4;

/** The width of a write that makes a run by itself, of two values. */
const DOUBLE = 8;

/**
 * Takes all writes out of the ring at once, and gives them out as runs of writes
 * to one address at one width.
 *
 * All at once, because before Linux 6.12 KVM takes a full ring for one with room
 * where `last` is more than half a ring ahead of `first`: it would go round once
 * more, and every write in it be lost. That cannot come about if `first` only ever
 * moves to where `last` was (Linux virt/kvm/coalesced_mmio.c, coalesced_mmio_has_room).
 *
 * `first` must have one owner: the thread that calls this.
 */
export class CoalescedRing {
  readonly #ring: Uint32Array<ArrayBuffer>;
  /** How many entries the ring has room for. */
  readonly #length: number;

  // What was taken out and is still to be given out: values one behind the other, and the runs.
  readonly #values: Uint32Array<ArrayBuffer>;
  readonly #runAddress: Float64Array<ArrayBuffer>;
  readonly #runLen: Uint8Array<ArrayBuffer>;
  /** The index behind a run's last value. */
  readonly #runEnd: Uint16Array<ArrayBuffer>;
  #runs = 0;
  #nextRun = 0;
  /** Filled anew for each run. */
  readonly #deferred: DeferredWrites;

  /** @param page The page that the ring fills. */
  constructor(page: Uint32Array<ArrayBuffer>) {
    const length = Math.floor((page.length - ENTRIES) / ENTRY_SIZE);
    this.#ring = page;
    this.#length = length;
    this.#values = new Uint32Array(2 * length);
    this.#runAddress = new Float64Array(length);
    this.#runLen = new Uint8Array(length);
    this.#runEnd = new Uint16Array(length);
    this.#deferred = {
      reason: DEFERRED_WRITES,
      physAddr: 0,
      values: this.#values,
      next: 0,
      end: 0,
      len: 0,
      isWrite: true,
    };
  }

  /** Whether writes wait. */
  get isWaiting(): boolean {
    return this.#nextRun < this.#runs || this.#ring[FIRST] !== this.#ring[LAST];
  }

  /** The oldest writes that wait, of which there are some: as many as go to one address at one width. */
  take(): DeferredWrites {
    if (this.#nextRun === this.#runs) this.#empty();
    const run = this.#nextRun++;
    const deferred = this.#deferred;
    deferred.physAddr = this.#runAddress[run]!;
    deferred.len = this.#runLen[run]!;
    deferred.next = run === 0 ? 0 : this.#runEnd[run - 1]!;
    deferred.end = this.#runEnd[run]!;
    return deferred;
  }

  /** Takes everything out of the ring. */
  #empty(): void {
    const ring = this.#ring;
    // A vCPU may be adding entries on another CPU: what is read of them is no older than this.
    const last = Atomics.load(ring, LAST);
    let runs = 0, end = 0, address = -1, len = 0;
    for (let i = ring[FIRST]!; i !== last; i = i + 1 === this.#length ? 0 : i + 1) {
      const entry = ENTRIES + i * ENTRY_SIZE;
      const entryAddress = addressAt(ring, entry + ENTRY_PHYS_ADDR);
      const entryLen = ring[entry + ENTRY_LEN]!;
      if (runs === 0 || entryAddress !== address || entryLen !== len || len === DOUBLE) {
        address = this.#runAddress[runs] = entryAddress;
        len = this.#runLen[runs++] = entryLen;
      }
      this.#values[end++] = ring[entry + ENTRY_DATA]!;
      if (len === DOUBLE) this.#values[end++] = ring[entry + ENTRY_DATA + 1]!;
      this.#runEnd[runs - 1] = end;
    }
    this.#runs = runs;
    this.#nextRun = 0;
    // And they are given back only after they have been read.
    Atomics.store(ring, FIRST, last);
  }
}

/** A guest physical address at index `i`, exact up to 2^53. */
function addressAt(words: Uint32Array, i: number): number {
  return words[i]! + words[i + 1]! * 2 ** 32;
}
