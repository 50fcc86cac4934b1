/** The virtio block device (virtio 1.2, section 5.2): a disk for the guest. */

import { NOT_YET } from "../device.ts";
import type { Chain, Piece } from "./chain.ts";
import type { VirtioDevice, VirtioHost } from "./device.ts";
import type { SplitQueue } from "./split_queue.ts";

/** The type's number. */
const VIRTIO_ID_BLOCK = 2;

// Feature bits (5.2.3).
export const VIRTIO_BLK_F_SEG_MAX = 2;
export const VIRTIO_BLK_F_RO = 5;
export const VIRTIO_BLK_F_BLK_SIZE = 6;
export const VIRTIO_BLK_F_FLUSH = 9;
export const VIRTIO_BLK_F_TOPOLOGY = 10;
export const VIRTIO_BLK_F_MQ = 12;
export const VIRTIO_BLK_F_DISCARD = 13;
export const VIRTIO_BLK_F_WRITE_ZEROES = 14;

// Types of requests (5.2.6).
export const VIRTIO_BLK_T_IN = 0;
export const VIRTIO_BLK_T_OUT = 1;
export const VIRTIO_BLK_T_FLUSH = 4;
export const VIRTIO_BLK_T_GET_ID = 8;
export const VIRTIO_BLK_T_DISCARD = 11;
export const VIRTIO_BLK_T_WRITE_ZEROES = 13;

// What became of one.
export const VIRTIO_BLK_S_OK = 0;
export const VIRTIO_BLK_S_IOERR = 1;
export const VIRTIO_BLK_S_UNSUPP = 2;

/** Flag of a piece of VIRTIO_BLK_T_WRITE_ZEROES. */
export const VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP = 1;

/** What a disk is counted in, whatever its blocks are, in bytes. */
export const SECTOR_SIZE = 512;

const QUEUE_SIZE = 256;
/** Type, a reserved word and a sector, in bytes. */
const HEADER_SIZE = 16;
/** A piece to discard or to zero: its sector, its length and flags, in bytes. */
const RANGE_SIZE = 16;
/** How many of them one request may have. */
const MOST_RANGES = 16;
/** The most sectors that one of them may have: 1 GiB. */
const MOST_RANGE_SECTORS = 2 ** 21;
/** What the host's cache usually is made of, in bytes. */
const PAGE_SIZE = 4096;
/** How long the answer to VIRTIO_BLK_T_GET_ID is, in bytes. */
const ID_SIZE = 20;

/** What keeps a disk's bytes. All offsets and lengths are in bytes, and inside of it. */
export interface Disk {
  /** For messages and statistics. */
  readonly name: string;
  /** In bytes, a multiple of {@linkcode SECTOR_SIZE}. */
  readonly size: number;
  /** Nothing is ever written. */
  readonly readOnly: boolean;
  /** What the guest knows it by; 20 bytes of it count. */
  readonly serial: string;
  /** Reads into all pieces. @returns Whether all of them were filled. */
  read(offset: number, pieces: readonly Piece[]): Promise<boolean>;
  /** Writes all pieces. @returns Whether all of them were written. */
  write(offset: number, pieces: readonly Piece[]): Promise<boolean>;
  /** Sees to it that nothing that was written is lost. @returns Whether all of it is safe now. */
  flush(): Promise<boolean>;
  /** The guest has no use for what is there. */
  discard(offset: number, length: number): Promise<boolean>;
  /** Writes zeroes. @param unmap Whether their room may be given back. */
  writeZeroes(offset: number, length: number, unmap: boolean): Promise<boolean>;
}

/** A disk for the guest. Requests are under way at the same time; each is answered when it is done. */
export class VirtioBlock implements VirtioDevice {
  /** The disk's. */
  readonly name: string;
  /** The block device's number. */
  readonly deviceId: number = VIRTIO_ID_BLOCK;
  /** Those that the disk can do. */
  readonly features: readonly number[];
  /** Queues for requests. */
  readonly queueSizes: readonly number[];
  /** Size, limits and topology (5.2.4). */
  readonly config: Uint8Array<ArrayBuffer>;
  readonly #disk: Disk;
  readonly #id = new Uint8Array(ID_SIZE);
  #lanes: (Lane | undefined)[] = [];

  /** A device that has taken no request. @param queues How many queues there are. */
  constructor(disk: Disk, queues = 1) {
    this.#disk = disk;
    this.name = disk.name;
    this.queueSizes = new Array<number>(queues).fill(QUEUE_SIZE);
    this.features = [
      VIRTIO_BLK_F_SEG_MAX,
      VIRTIO_BLK_F_BLK_SIZE,
      VIRTIO_BLK_F_FLUSH,
      VIRTIO_BLK_F_TOPOLOGY,
      VIRTIO_BLK_F_MQ,
      ...(disk.readOnly ? [VIRTIO_BLK_F_RO] : [VIRTIO_BLK_F_DISCARD, VIRTIO_BLK_F_WRITE_ZEROES]),
    ];
    this.config = configOf(disk, queues);
    new TextEncoder().encodeInto(disk.serial, this.#id);
  }

  /** Begins what there is, and from now on what comes. */
  start(host: VirtioHost): void {
    // Without VIRTIO_BLK_F_FLUSH a write is done only when it is safe (5.2.6.2).
    const isWritethrough = !host.features.has(VIRTIO_BLK_F_FLUSH);
    const orders = new Orders(this.#disk, this.#id, isWritethrough);
    this.#lanes = host.queues.map((queue) => queue && new Lane(queue, host, orders));
    for (const lane of this.#lanes) lane?.work();
  }

  /** Whether requests are under way. */
  get isBusy(): boolean {
    return this.#lanes.some((lane) => lane?.isBusy);
  }

  /** Begins what has come. */
  notify(_queue: SplitQueue, index: number): void {
    this.#lanes[index]?.work();
  }

  /** Begins nothing more, and answers nothing; done when nothing is under way. */
  stop(): typeof NOT_YET | void {
    for (const lane of this.#lanes) lane?.close();
    if (this.isBusy) return NOT_YET;
    this.#lanes = [];
  }

  /** Resolves when nothing is under way. */
  async progress(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane?.idle));
  }
}

/** The configuration space (5.2.4). */
function configOf({ size }: Disk, queues: number): Uint8Array<ArrayBuffer> {
  const config = new Uint8Array(60);
  const view = new DataView(config.buffer);
  view.setBigUint64(0, BigInt(size / SECTOR_SIZE), true);
  // Header and status take a descriptor each.
  view.setUint32(12, QUEUE_SIZE - 2, true);
  view.setUint32(20, SECTOR_SIZE, true);
  // Topology: pages of the host's cache are what is written quickest.
  view.setUint8(24, Math.log2(PAGE_SIZE / SECTOR_SIZE));
  view.setUint16(26, PAGE_SIZE / SECTOR_SIZE, true);
  view.setUint32(28, PAGE_SIZE / SECTOR_SIZE, true);
  view.setUint16(34, queues, true);
  view.setUint32(36, MOST_RANGE_SECTORS, true);
  view.setUint32(40, MOST_RANGES, true);
  view.setUint32(44, PAGE_SIZE / SECTOR_SIZE, true);
  view.setUint32(48, MOST_RANGE_SECTORS, true);
  view.setUint32(52, MOST_RANGES, true);
  // VIRTIO_BLK_F_WRITE_ZEROES may give room back.
  view.setUint8(56, 1);
  return config;
}

/** A queue, and its requests that are under way: never more than it has descriptors, whatever a driver makes available again and again. */
class Lane {
  /** Resolves when nothing is under way any more; set while something is. */
  idle?: Promise<void>;
  #resolveIdle = () => {};
  #underWay = 0;
  #isOpen = true;
  readonly #queue: SplitQueue;
  readonly #host: VirtioHost;
  readonly #orders: Orders;
  /** Chains that are not in use. */
  readonly #free: Chain[] = [];

  constructor(queue: SplitQueue, host: VirtioHost, orders: Orders) {
    this.#queue = queue;
    this.#host = host;
    this.#orders = orders;
  }

  get isBusy(): boolean {
    return this.#underWay > 0;
  }

  /** Nothing more is taken, and nothing given back. */
  close(): void {
    this.#isOpen = false;
  }

  /** Begins what has been made available. */
  work(): void {
    const queue = this.#queue;
    while (this.#isOpen) {
      // The rest begins when one of them is done.
      if (this.#underWay === queue.size) return;
      const chain = this.#free.pop() ?? queue.newChain();
      if (queue.take(chain)) this.#begin(chain);
      else {
        this.#free.push(chain);
        if (queue.listen()) break;
      }
    }
    if (queue.fault !== undefined) this.#host.needsReset(queue.fault);
  }

  #begin(chain: Chain): void {
    if (this.#underWay++ === 0) this.idle = new Promise((resolve) => this.#resolveIdle = resolve);
    this.#orders.carryOut(chain).then((written) => {
      if (this.#isOpen) {
        this.#queue.give(chain.head, written);
        this.#host.used(this.#queue);
      }
      this.#free.push(chain);
      if (--this.#underWay === 0) {
        this.idle = undefined;
        this.#resolveIdle();
      }
      this.work();
    });
  }
}

/** Does what requests ask of a disk. */
class Orders {
  readonly #disk: Disk;
  readonly #id: Uint8Array;
  readonly #isWritethrough: boolean;

  constructor(disk: Disk, id: Uint8Array, isWritethrough: boolean) {
    this.#disk = disk;
    this.#id = id;
    this.#isWritethrough = isWritethrough;
  }

  /** Carries a request out, and writes its status. @returns How many bytes may have been written to the chain. */
  async carryOut(chain: Chain): Promise<number> {
    // A driver that leaves no room for the status learns nothing.
    if (chain.writableBytes === 0) return 0;
    const statusAt = chain.writableBytes - 1;
    chain.write(statusAt, new Uint8Array([await this.#answer(chain)]));
    return chain.writableBytes;
  }

  async #answer(chain: Chain): Promise<number> {
    const header = new Uint8Array(HEADER_SIZE);
    if (chain.read(0, header) < HEADER_SIZE) return VIRTIO_BLK_S_IOERR;
    const view = new DataView(header.buffer);
    const sector = sectorAt(view, 8);
    const [readable, writable] = [chain.readableBytes - HEADER_SIZE, chain.writableBytes - 1];
    switch (view.getUint32(0, true)) {
      case VIRTIO_BLK_T_IN: {
        if (!this.#isInside(sector, writable)) return VIRTIO_BLK_S_IOERR;
        const pieces = chain.writablePieces(0, writable);
        return status(await this.#disk.read(sector * SECTOR_SIZE, pieces));
      }
      case VIRTIO_BLK_T_OUT: {
        if (this.#disk.readOnly || !this.#isInside(sector, readable)) return VIRTIO_BLK_S_IOERR;
        const pieces = chain.readablePieces(HEADER_SIZE, readable);
        return await this.#written(this.#disk.write(sector * SECTOR_SIZE, pieces));
      }
      case VIRTIO_BLK_T_FLUSH:
        return status(await this.#disk.flush());
      case VIRTIO_BLK_T_GET_ID:
        return status(chain.write(0, this.#id.subarray(0, writable)) === ID_SIZE);
      case VIRTIO_BLK_T_DISCARD:
        return await this.#eachRange(
          chain,
          (offset, length, flags) => flags === 0 ? this.#disk.discard(offset, length) : undefined,
        );
      case VIRTIO_BLK_T_WRITE_ZEROES:
        return await this.#eachRange(chain, (offset, length, flags) => {
          if ((flags & ~VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP) !== 0) return;
          const unmap = (flags & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP) !== 0;
          return this.#disk.writeZeroes(offset, length, unmap);
        });
    }
    return VIRTIO_BLK_S_UNSUPP;
  }

  /** Does something with each range that a request names (5.2.6). @param action Gives nothing for flags that it does not know. */
  async #eachRange(
    chain: Chain,
    action: (offset: number, length: number, flags: number) => Promise<boolean> | undefined,
  ): Promise<number> {
    const bytes = new Uint8Array(
      Math.min(chain.readableBytes - HEADER_SIZE, (MOST_RANGES + 1) * RANGE_SIZE),
    );
    chain.read(HEADER_SIZE, bytes);
    if (this.#disk.readOnly || bytes.length === 0 || bytes.length % RANGE_SIZE !== 0) {
      return VIRTIO_BLK_S_IOERR;
    }
    if (bytes.length > MOST_RANGES * RANGE_SIZE) return VIRTIO_BLK_S_IOERR;
    const view = new DataView(bytes.buffer);
    for (let at = 0; at < bytes.length; at += RANGE_SIZE) {
      const [sector, sectors] = [sectorAt(view, at), view.getUint32(at + 8, true)];
      const length = sectors * SECTOR_SIZE;
      if (sectors > MOST_RANGE_SECTORS || !this.#isInside(sector, length)) {
        return VIRTIO_BLK_S_IOERR;
      }
      const done = action(sector * SECTOR_SIZE, length, view.getUint32(at + 12, true));
      if (done === undefined) return VIRTIO_BLK_S_UNSUPP;
      const answer = await this.#written(done);
      if (answer !== VIRTIO_BLK_S_OK) return answer;
    }
    return VIRTIO_BLK_S_OK;
  }

  async #written(done: Promise<boolean>): Promise<number> {
    return status(await done && (!this.#isWritethrough || await this.#disk.flush()));
  }

  #isInside(sector: number, length: number): boolean {
    return length % SECTOR_SIZE === 0 && sector * SECTOR_SIZE + length <= this.#disk.size;
  }
}

/** A sector's number; not exact, but large, where no disk has one. */
function sectorAt(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}

function status(isDone: boolean): number {
  return isDone ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_IOERR;
}
