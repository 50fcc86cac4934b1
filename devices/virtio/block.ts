/** The virtio block device (virtio 1.2, section 5.2): a disk for the guest. */

import { NOT_YET } from "../device.ts";
import { type BlockDevice, BlockRequest } from "./block_request.ts";
import * as blk from "./block_spec.ts";
import type { VirtioDevice, VirtioHost } from "./device.ts";
import type { Disk } from "./disk.ts";
import type { SplitQueue } from "./split_queue.ts";

const QUEUE_SIZE = 256;
/** How often the queues are gone through before others have their turn. */
const MOST_ROUNDS = 8;
/** What the host's cache usually is made of, in bytes. */
const PAGE_SIZE = 4096;

/** A disk for the guest. Requests are under way at the same time; each is answered when it is done. */
export class VirtioBlock implements VirtioDevice {
  /** The disk's. */
  readonly name: string;
  /** The block device's number. */
  readonly deviceId: number = blk.VIRTIO_ID_BLOCK;
  /** Those that the disk can do. */
  readonly features: readonly number[];
  /** Queues for requests. */
  readonly queueSizes: readonly number[];
  /** Size, limits and topology (5.2.4). */
  readonly config: Uint8Array<ArrayBuffer>;
  readonly #disk: Disk;
  readonly #id = new Uint8Array(blk.ID_SIZE);
  #lanes: Lane[] = [];
  #isWorking = false;
  /** There is more to do than was seen when that began. */
  #isMore = false;

  /** A device that has taken no request. @param queues How many queues there are. */
  constructor(disk: Disk, queues = 1) {
    this.#disk = disk;
    this.name = disk.name;
    this.queueSizes = new Array<number>(queues).fill(QUEUE_SIZE);
    this.features = [
      blk.VIRTIO_BLK_F_SEG_MAX,
      blk.VIRTIO_BLK_F_BLK_SIZE,
      blk.VIRTIO_BLK_F_FLUSH,
      blk.VIRTIO_BLK_F_TOPOLOGY,
      blk.VIRTIO_BLK_F_MQ,
      ...(disk.readOnly
        ? [blk.VIRTIO_BLK_F_RO]
        : [blk.VIRTIO_BLK_F_DISCARD, blk.VIRTIO_BLK_F_WRITE_ZEROES]),
    ];
    this.config = configOf(disk, queues);
    new TextEncoder().encodeInto(disk.serial, this.#id);
  }

  /** Begins what there is, and from now on what comes. */
  start(host: VirtioHost): void {
    const device = {
      disk: this.#disk,
      id: this.#id,
      isWritethrough: !host.features.has(blk.VIRTIO_BLK_F_FLUSH),
    };
    this.#lanes = host.queues.flatMap((queue, i) =>
      queue ? [new Lane(queue, i, host, device)] : []
    );
    this.#disk.onDone = () => this.#work();
    this.#work();
  }

  /** Whether requests are under way that this thread's event loop will tell of. */
  get isBusy(): boolean {
    return this.#disk.isBusy;
  }

  /** Begins what has come. */
  notify(): void {
    this.#work();
  }

  /** Begins nothing more, and answers nothing; done when nothing is under way. */
  stop(): typeof NOT_YET | void {
    for (const lane of this.#lanes) lane.close();
    if (this.#lanes.some((lane) => lane.isBusy)) return NOT_YET;
    this.#lanes = [];
  }

  /** Resolves when nothing is under way. */
  async progress(): Promise<void> {
    await this.#disk.settle();
  }

  /** Begins what has been made available, and tells the driver of what has been done. */
  #work(): void {
    this.#isMore = true;
    // A disk may be done with requests while others are begun.
    if (this.#isWorking) return;
    this.#isWorking = true;
    for (let left = MOST_ROUNDS; this.#isMore && left > 0; left--) {
      this.#isMore = false;
      for (const lane of this.#lanes) if (!lane.begin()) this.#isMore = true;
      this.#disk.submit();
      for (const lane of this.#lanes) lane.tell();
    }
    this.#isWorking = false;
    // A driver that never comes to an end has others wait no longer than that.
    if (this.#isMore) this.#lanes[0]?.again();
  }
}

/** The configuration space (5.2.4). */
function configOf({ size }: Disk, queues: number): Uint8Array<ArrayBuffer> {
  const config = new Uint8Array(60);
  const view = new DataView(config.buffer);
  view.setBigUint64(0, BigInt(size / blk.SECTOR_SIZE), true);
  // Header and status take a descriptor each.
  view.setUint32(12, QUEUE_SIZE - 2, true);
  view.setUint32(20, blk.SECTOR_SIZE, true);
  // Topology: pages of the host's cache are what is written quickest.
  view.setUint8(24, Math.log2(PAGE_SIZE / blk.SECTOR_SIZE));
  view.setUint16(26, PAGE_SIZE / blk.SECTOR_SIZE, true);
  view.setUint32(28, PAGE_SIZE / blk.SECTOR_SIZE, true);
  view.setUint16(34, queues, true);
  view.setUint32(36, blk.MOST_RANGE_SECTORS, true);
  view.setUint32(40, blk.MOST_RANGES, true);
  view.setUint32(44, PAGE_SIZE / blk.SECTOR_SIZE, true);
  view.setUint32(48, blk.MOST_RANGE_SECTORS, true);
  view.setUint32(52, blk.MOST_RANGES, true);
  // VIRTIO_BLK_F_WRITE_ZEROES may give room back.
  view.setUint8(56, 1);
  return config;
}

/** A queue, and its requests that are under way: never more than it has descriptors, whatever a driver makes available again and again. */
class Lane {
  #underWay = 0;
  #isClosed = false;
  readonly #queue: SplitQueue;
  readonly #index: number;
  readonly #host: VirtioHost;
  readonly #device: BlockDevice;
  /** Requests that are not in use. */
  readonly #free: BlockRequest[] = [];

  constructor(queue: SplitQueue, index: number, host: VirtioHost, device: BlockDevice) {
    this.#queue = queue;
    this.#index = index;
    this.#host = host;
    this.#device = device;
  }

  get isBusy(): boolean {
    return this.#underWay > 0;
  }

  /** Nothing more is taken, and nothing given back. */
  close(): void {
    this.#isClosed = true;
  }

  /** Begins as many requests as the queue has descriptors. @returns False if there are more that could be begun. */
  begin(): boolean {
    const queue = this.#queue;
    for (let left = queue.size; left > 0; left--) {
      // With all under way that can be, the rest begins when one of them is done.
      if (!this.#isOpen || this.#underWay === queue.size) return true;
      if (!this.#beginNext() && queue.listen()) return true;
    }
    return false;
  }

  /** Tells the driver of what has been done, and of what it must not do. */
  tell(): void {
    if (!this.#isOpen) return;
    if (this.#queue.fault !== undefined) this.#host.needsReset(this.#queue.fault);
    this.#host.used(this.#queue);
  }

  /** Begins later, when others have had their turn. */
  again(): void {
    this.#host.again(this.#queue);
  }

  /** Whether the queue may be looked at: a driver may take it away from a device that runs (4.2.2.1, QueueReady). */
  get #isOpen(): boolean {
    return !this.#isClosed && this.#host.queues[this.#index] === this.#queue;
  }

  /** Begins the next request. @returns Whether there was one. */
  #beginNext(): boolean {
    const request = this.#free.pop() ?? this.#newRequest();
    if (!this.#queue.take(request.chain)) {
      this.#free.push(request);
      return false;
    }
    this.#underWay++;
    request.begin();
    return true;
  }

  #newRequest(): BlockRequest {
    return new BlockRequest(
      this.#device,
      this.#queue.newChain(),
      (request, written) => this.#finish(request, written),
    );
  }

  #finish(request: BlockRequest, written: number): void {
    if (this.#isOpen) this.#queue.give(request.chain.head, written);
    this.#free.push(request);
    this.#underWay--;
  }
}
