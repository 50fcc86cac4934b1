/** The driver's side of a split virtqueue (virtio 1.2, section 2.7), written by hand into guest memory: right or wrong, as a test wants it. */

import { GuestMemory, type GuestRegion } from "../../../vm/guest_memory.ts";
import type { QueueSetup } from "../../../devices/virtio/split_queue.ts";
import { VIRTQ_DESC_F_NEXT, VIRTQ_DESC_F_WRITE } from "../../../devices/virtio/spec.ts";

/** RAM of the tests' guests, and a page beside it that devices must leave alone. */
export const RAM = { base: 0x4000_0000, size: 0x4_0000, readOnly: false };
export const REGISTERS = { base: 0x900_0000, size: 0x1_0000, readOnly: true };

/** Memory with both. */
export function guestMemory(registers: GuestRegion = REGISTERS): GuestMemory {
  return new GuestMemory([registers, RAM]);
}

/** A descriptor. */
export interface Descriptor {
  readonly address: number;
  readonly length: number;
  readonly flags?: number;
  readonly next?: number;
}

/** A piece of a chain. */
export interface Piece {
  readonly address: number;
  readonly length: number;
  /** The device may write it. */
  readonly isWritable?: boolean;
}

/** A queue in guest memory, its parts one behind the other. */
export class DriverQueue {
  readonly setup: QueueSetup;
  readonly #memory: GuestMemory;
  /** How many chains have been made available. */
  #available = 0;
  /** How many used chains have been taken back. */
  #taken = 0;
  /** The next descriptor that {@linkcode offer} takes. */
  #next = 0;

  constructor(memory: GuestMemory, options: Partial<QueueSetup> = {}) {
    const { size = 8, desc = RAM.base } = options;
    const driver = desc + 16 * size;
    const device = Math.ceil((driver + 6 + 2 * size) / 4) * 4;
    this.#memory = memory;
    this.setup = { size, desc, driver, device, eventIdx: false, indirect: false, ...options };
  }

  /** Writes a descriptor, of the queue or of a table at an address. */
  describe(
    index: number,
    { address, length, flags = 0, next = 0 }: Descriptor,
    table = this.setup.desc,
  ): void {
    const at = table + 16 * index;
    this.#memory.writeUint64(at, BigInt(address));
    this.#memory.writeUint32(at + 8, length);
    this.#memory.writeUint32(at + 12, next * 0x1_0000 + flags);
  }

  /** Makes a chain available by its head, which need not be one. */
  offerHead(head: number): void {
    const { driver, size } = this.setup;
    this.#put(driver + 4 + 2 * (this.#available % size), head);
    this.available = this.#available + 1;
  }

  /** Writes descriptors for a chain, and makes it available. @returns Its head. */
  offer(...pieces: Piece[]): number {
    const { size } = this.setup;
    const head = this.#next;
    for (const [i, { address, length, isWritable }] of pieces.entries()) {
      const next = (this.#next + 1) % size;
      const flags = (isWritable ? VIRTQ_DESC_F_WRITE : 0) |
        (i < pieces.length - 1 ? VIRTQ_DESC_F_NEXT : 0);
      this.describe(this.#next, { address, length, flags, next });
      this.#next = next;
    }
    this.offerHead(head);
    return head;
  }

  /** What the available ring's index says. */
  set available(count: number) {
    this.#available = count & 0xffff;
    this.#put(this.setup.driver + 2, this.#available);
  }

  /** The flags of the available ring. */
  set flags(value: number) {
    this.#put(this.setup.driver, value);
  }

  /** After which used chain the driver wants an interrupt (VIRTIO_F_EVENT_IDX). */
  set usedEvent(index: number) {
    this.#put(this.setup.driver + 4 + 2 * this.setup.size, index & 0xffff);
  }

  /** The flags of the used ring. */
  get usedFlags(): number {
    return this.#get(this.setup.device);
  }

  /** After which available chain the device wants a notification (VIRTIO_F_EVENT_IDX). */
  get availEvent(): number {
    return this.#get(this.setup.device + 4 + 8 * this.setup.size);
  }

  /** What the used ring's index says. */
  get used(): number {
    return this.#get(this.setup.device + 2);
  }

  /** Takes the used chains back: the head of each, and how many bytes were written. */
  takeUsed(): [head: number, written: number][] {
    const { device, size } = this.setup;
    const chains: [number, number][] = [];
    for (; this.#taken !== this.used; this.#taken = (this.#taken + 1) & 0xffff) {
      const at = device + 4 + 8 * (this.#taken % size);
      chains.push([this.#memory.readUint32(at), this.#memory.readUint32(at + 4)]);
    }
    return chains;
  }

  #get(address: number): number {
    const word = this.#memory.readUint32(address & ~3);
    return address & 2 ? word >>> 16 : word & 0xffff;
  }

  #put(address: number, value: number): void {
    const bytes = new Uint8Array([value & 0xff, value >> 8 & 0xff]);
    this.#memory.write(address, bytes);
  }
}
