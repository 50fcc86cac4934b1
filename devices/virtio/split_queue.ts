/** The device's side of a split virtqueue (virtio 1.2, section 2.7), in the guest's memory. */

import type { GuestMemory } from "../../vm/guest_memory.ts";
import { Chain } from "./chain.ts";
import {
  DESC_SIZE,
  VIRTQ_AVAIL_F_NO_INTERRUPT,
  VIRTQ_DESC_F_INDIRECT,
  VIRTQ_DESC_F_NEXT,
  VIRTQ_DESC_F_WRITE,
  VIRTQ_USED_F_NO_NOTIFY,
} from "./spec.ts";

/** Where a queue is, and what has been agreed on for it. */
export interface QueueSetup {
  /** How many descriptors it has, a power of two. */
  readonly size: number;
  /** The guest physical address of its descriptors. */
  readonly desc: number;
  /** That of the driver area, the available ring. */
  readonly driver: number;
  /** That of the device area, the used ring. */
  readonly device: number;
  /** VIRTIO_F_EVENT_IDX. */
  readonly eventIdx: boolean;
  /** VIRTIO_F_INDIRECT_DESC. */
  readonly indirect: boolean;
}

// Offsets in a descriptor.
const LEN = 8;
const FLAGS = 12;
const NEXT = 14;
// Both rings begin with flags and idx; the entries follow, and behind them an index for VIRTIO_F_EVENT_IDX.
const IDX = 2;
const RING = 4;
const AVAIL_ENTRY = 2;
const USED_ENTRY = 8;
const USED_LEN = 4;
const EVENT = 2;

/** Indices count on beyond the size of the queue, modulo this. */
const WRAP = 0xffff;
/** What all pieces of a chain may have together, in bytes (2.7.5). */
const MOST_BYTES = 2 ** 32;

/** How many bytes each part of a queue takes (2.7), and to what its address must be aligned. */
export function queueParts(size: number) {
  return {
    desc: { bytes: DESC_SIZE * size, alignment: 16 },
    driver: { bytes: RING + AVAIL_ENTRY * size + EVENT, alignment: 2 },
    device: { bytes: RING + USED_ENTRY * size + EVENT, alignment: 4 },
  };
}

/**
 * Takes chains that the driver has made available, and gives them back used.
 *
 * All that the rings hold is the guest's to write at any time, so it is read
 * once and checked before it is used. What cannot be, or what the driver must
 * not do, is a {@linkcode fault}: nothing is taken from the queue from then on.
 */
export class SplitQueue {
  /** How many descriptors it has. */
  readonly size: number;
  /** Why the queue cannot be used any more, in words; nothing as long as it can. */
  fault?: string;
  readonly #memory: GuestMemory;
  readonly #view: DataView<SharedArrayBuffer>;
  /** As the rings' indices are read and written: in an order with what is around them. */
  readonly #halves: Uint16Array<SharedArrayBuffer>;
  readonly #desc: number;
  readonly #avail: number;
  readonly #used: number;
  readonly #eventIdx: boolean;
  readonly #indirect: boolean;
  /** The next entry of the available ring. */
  #nextAvail = 0;
  /** The next entry of the used ring. */
  #nextUsed = 0;
  /** As #nextUsed was when it was last decided about an interrupt. */
  #signalled = 0;

  /** A queue in which nothing has been made available. It has a fault from the start if it is not all in memory that the guest can write. */
  constructor(memory: GuestMemory, setup: QueueSetup) {
    const { size, desc, driver, device } = setup;
    const parts = queueParts(size);
    this.size = size;
    this.#memory = memory;
    this.#view = memory.view;
    this.#halves = memory.halves;
    const find = (address: number, { bytes, alignment }: { bytes: number; alignment: number }) => {
      const offset = memory.find(address, bytes);
      return address % alignment === 0 ? offset : -1;
    };
    this.#desc = find(desc, parts.desc);
    this.#avail = find(driver, parts.driver);
    this.#used = find(device, parts.device);
    if (this.#desc < 0 || this.#avail < 0 || this.#used < 0) {
      this.fault = "a part of the queue is not in the guest's memory, or not aligned as it must be";
    }
    this.#eventIdx = setup.eventIdx;
    this.#indirect = setup.indirect;
  }

  /** A chain that fits this queue, to be filled by {@linkcode take}. */
  newChain(): Chain {
    return new Chain(this.#memory.all, this.size);
  }

  /** Takes the next chain that is available. @returns Whether there was one; none ever after a fault. */
  take(chain: Chain): boolean {
    if (this.fault !== undefined) return false;
    // Whoever sees the index sees the entries and descriptors before it: the driver's barrier comes before its store, this load before ours.
    const idx = this.#load(this.#avail + IDX);
    const available = idx - this.#nextAvail & WRAP;
    if (available === 0) return false;
    if (available > this.size) {
      return this.#fail(`${available} chains are available in a queue of ${this.size}`);
    }
    const slot = this.#nextAvail & this.size - 1;
    const head = this.#view.getUint16(this.#avail + RING + AVAIL_ENTRY * slot, true);
    if (!this.#follow(chain, head)) return false;
    this.#nextAvail = this.#nextAvail + 1 & WRAP;
    return true;
  }

  /** Gives a chain back. @param written How many bytes at the start of its writable pieces may have been written. */
  give(head: number, written: number): void {
    const entry = this.#used + RING + USED_ENTRY * (this.#nextUsed & this.size - 1);
    this.#view.setUint32(entry, head, true);
    this.#view.setUint32(entry + USED_LEN, written, true);
    this.#nextUsed = this.#nextUsed + 1 & WRAP;
    // A store that nothing before it passes: the driver sees the entry, and all that was written for it, before the index.
    this.#store(this.#used + IDX, this.#nextUsed);
  }

  /** Whether the driver wants an interrupt for what has been given since this was last asked (2.7.7). */
  wantsInterrupt(): boolean {
    const before = this.#signalled;
    const now = this.#signalled = this.#nextUsed;
    if (now === before) return false;
    // This load must not pass the store of the index above, or both sides might take the other for asleep. Atomics keep one order.
    if (!this.#eventIdx) return (this.#load(this.#avail) & VIRTQ_AVAIL_F_NO_INTERRUPT) === 0;
    const event = this.#load(this.#avail + RING + AVAIL_ENTRY * this.size);
    return (now - event - 1 & WRAP) < (now - before & WRAP);
  }

  /** Asks the driver for a notification when it makes the next chain available (2.7.10). @returns False if there is one already. */
  listen(): boolean {
    if (this.fault !== undefined) return true;
    if (this.#eventIdx) this.#store(this.#availEvent, this.#nextAvail);
    else this.#store(this.#used, 0);
    // As above: this load after that store.
    return !this.isWaiting;
  }

  /** Tells the driver that notifications are of no use for now. */
  ignore(): void {
    // With VIRTIO_F_EVENT_IDX an index that has passed says as much.
    if (!this.#eventIdx) this.#store(this.#used, VIRTQ_USED_F_NO_NOTIFY);
  }

  /** Whether chains are available that have not been taken. */
  get isWaiting(): boolean {
    return this.fault === undefined && this.#load(this.#avail + IDX) !== this.#nextAvail;
  }

  get #availEvent(): number {
    return this.#used + RING + USED_ENTRY * this.size;
  }

  /** Follows a chain from its head, through a table of indirect descriptors if it leads to one. */
  #follow(chain: Chain, head: number): boolean {
    chain.begin(head);
    let table = this.#desc;
    let length = this.size;
    let left = this.size;
    let isIndirect = false;
    for (let index = head;;) {
      if (index >= length) return this.#fail(`a descriptor is number ${index} of ${length}`);
      if (left-- === 0) return this.#fail(`a chain has more than ${this.size} descriptors`);
      const at = table + DESC_SIZE * index;
      const flags = this.#view.getUint16(at + FLAGS, true);
      if ((flags & VIRTQ_DESC_F_INDIRECT) !== 0) {
        if (!this.#indirect) return this.#fail("a descriptor is indirect, which was not agreed on");
        if (isIndirect) return this.#fail("a table of descriptors leads to another one");
        if ((flags & VIRTQ_DESC_F_NEXT) !== 0) {
          return this.#fail("a descriptor is indirect and leads to another one");
        }
        const bytes = this.#view.getUint32(at + LEN, true);
        if (bytes === 0 || bytes % DESC_SIZE !== 0) {
          return this.#fail(`a table of descriptors has ${bytes} bytes`);
        }
        table = this.#place(at, bytes);
        if (table < 0) return this.#fail("a table of descriptors is not in the guest's memory");
        length = bytes / DESC_SIZE;
        // It is no piece itself.
        left++;
        isIndirect = true;
        index = 0;
        continue;
      }
      if (!this.#add(chain, at, (flags & VIRTQ_DESC_F_WRITE) !== 0)) return false;
      if ((flags & VIRTQ_DESC_F_NEXT) === 0) return true;
      index = this.#view.getUint16(at + NEXT, true);
    }
  }

  /** Adds what a descriptor describes. */
  #add(chain: Chain, at: number, isWritable: boolean): boolean {
    const bytes = this.#view.getUint32(at + LEN, true);
    if (!isWritable && chain.readable < chain.pieces) {
      return this.#fail("a chain has something to read behind something to write");
    }
    if (chain.readableBytes + chain.writableBytes + bytes > MOST_BYTES) {
      return this.#fail("a chain has more than 4 GiB");
    }
    const place = this.#place(at, bytes);
    if (place < 0) return this.#fail("a descriptor is not in the guest's memory");
    chain.add(place, bytes, isWritable);
    return true;
  }

  /** Where the memory is that a descriptor describes; below 0 if it is none that the guest can write. */
  #place(at: number, bytes: number): number {
    const low = this.#view.getUint32(at, true);
    const high = this.#view.getUint32(at + 4, true);
    // Not exact from 2^53 on, where no guest has memory.
    return this.#memory.find(low + high * 2 ** 32, bytes);
  }

  #load(offset: number): number {
    return Atomics.load(this.#halves, offset / 2);
  }

  #store(offset: number, value: number): void {
    Atomics.store(this.#halves, offset / 2, value);
  }

  #fail(why: string): false {
    this.fault = why;
    return false;
  }
}
