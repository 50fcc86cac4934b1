/** A request of a block device's driver, from its chain to its status (virtio 1.2, section 5.2.6). */

import * as blk from "./block_spec.ts";
import type { Chain } from "./chain.ts";
import type { Disk, DiskOperation, DiskRequest } from "./disk.ts";

/** Type, a reserved word and a sector, in bytes. */
const HEADER_SIZE = 16;
/** A piece to discard or to zero: its sector, its length and flags, in bytes. */
const RANGE_SIZE = 16;

/** What all requests of a device have in common. */
export interface BlockDevice {
  readonly disk: Disk;
  /** What the guest knows the disk by, padded with zeroes. */
  readonly id: Uint8Array;
  /** Without VIRTIO_BLK_F_FLUSH a write is done only when it is safe (5.2.6.2). */
  readonly isWritethrough: boolean;
}

/** Told of a request that has been answered: how many bytes of its chain may have been written. */
export type Answered = (request: BlockRequest, written: number) => void;

/**
 * One request at a time, over and over: it is parsed, checked, and done step by
 * step. A step is one piece of work for the disk; most requests take one.
 */
export class BlockRequest implements DiskRequest {
  operation: DiskOperation = "read";
  offset = 0;
  length = 0;
  chainOffset = 0;
  readonly chain: Chain;
  readonly #device: BlockDevice;
  readonly #onAnswered: Answered;
  readonly #header = new Uint8Array(HEADER_SIZE);
  readonly #headerView = new DataView(this.#header.buffer);
  readonly #status = new Uint8Array(1);
  /** How many ranges there are, and which one is next. */
  #ranges = 0;
  #nextRange = 0;

  /** @param chain Empty; filled for each request. */
  constructor(device: BlockDevice, chain: Chain, onAnswered: Answered) {
    this.#device = device;
    this.chain = chain;
    this.#onAnswered = onAnswered;
  }

  /** Begins with what is in the chain now. */
  begin(): void {
    const { chain } = this;
    // A driver that leaves no room for the status learns nothing.
    if (chain.writableBytes === 0) return this.#onAnswered(this, 0);
    this.#ranges = this.#nextRange = 0;
    if (chain.read(0, this.#header) < HEADER_SIZE) return this.#answer(blk.VIRTIO_BLK_S_IOERR);
    const sector = sectorAt(this.#headerView, 8);
    switch (this.#headerView.getUint32(0, true)) {
      case blk.VIRTIO_BLK_T_IN:
        return this.#transfer("read", sector, 0, chain.writableBytes - 1);
      case blk.VIRTIO_BLK_T_OUT:
        return this.#transfer("write", sector, HEADER_SIZE, chain.readableBytes - HEADER_SIZE);
      case blk.VIRTIO_BLK_T_FLUSH:
        return this.#do("flush", 0, 0);
      case blk.VIRTIO_BLK_T_GET_ID:
        return this.#tellId();
      case blk.VIRTIO_BLK_T_DISCARD:
      case blk.VIRTIO_BLK_T_WRITE_ZEROES:
        return this.#beginRanges();
    }
    this.#answer(blk.VIRTIO_BLK_S_UNSUPP);
  }

  /** A step has been taken. */
  done(isDone: boolean): void {
    if (!isDone) this.#answer(blk.VIRTIO_BLK_S_IOERR);
    else if (this.#nextRange < this.#ranges) this.#doRange();
    else if (this.#device.isWritethrough && changes(this.operation)) this.#do("flush", 0, 0);
    else this.#answer(blk.VIRTIO_BLK_S_OK);
  }

  #transfer(operation: "read" | "write", sector: number, chainOffset: number, length: number) {
    const isForbidden = operation === "write" && this.#device.disk.readOnly;
    if (isForbidden || !this.#isInside(sector, length)) return this.#answer(blk.VIRTIO_BLK_S_IOERR);
    this.chainOffset = chainOffset;
    // A disk is not asked for nothing.
    if (length === 0) this.done(true);
    else this.#do(operation, sector * blk.SECTOR_SIZE, length);
  }

  #do(operation: DiskOperation, offset: number, length: number): void {
    this.operation = operation;
    this.offset = offset;
    this.length = length;
    this.#device.disk.begin(this);
  }

  #tellId(): void {
    const { chain } = this;
    const id = this.#device.id.subarray(0, chain.writableBytes - 1);
    const isWhole = chain.write(0, id) === blk.ID_SIZE;
    this.#answer(isWhole ? blk.VIRTIO_BLK_S_OK : blk.VIRTIO_BLK_S_IOERR);
  }

  #beginRanges(): void {
    const bytes = this.chain.readableBytes - HEADER_SIZE;
    const isPossible = bytes > 0 && bytes % RANGE_SIZE === 0 &&
      bytes <= blk.MOST_RANGES * RANGE_SIZE;
    if (!isPossible || this.#device.disk.readOnly) return this.#answer(blk.VIRTIO_BLK_S_IOERR);
    this.#ranges = bytes / RANGE_SIZE;
    this.#doRange();
  }

  /** Discards or zeroes the next range. */
  #doRange(): void {
    const range = new DataView(new ArrayBuffer(RANGE_SIZE));
    const at = HEADER_SIZE + this.#nextRange++ * RANGE_SIZE;
    this.chain.read(at, new Uint8Array(range.buffer));
    const sector = sectorAt(range, 0);
    const sectors = range.getUint32(8, true);
    const length = sectors * blk.SECTOR_SIZE;
    if (sectors > blk.MOST_RANGE_SECTORS || !this.#isInside(sector, length)) {
      return this.#answer(blk.VIRTIO_BLK_S_IOERR);
    }
    const operation = rangeOperation(
      this.#headerView.getUint32(0, true),
      range.getUint32(12, true),
    );
    if (operation === undefined) return this.#answer(blk.VIRTIO_BLK_S_UNSUPP);
    this.#do(operation, sector * blk.SECTOR_SIZE, length);
  }

  /** Writes the status behind all else that is to be written. */
  #answer(status: number): void {
    const { chain } = this;
    this.#status[0] = status;
    chain.write(chain.writableBytes - 1, this.#status);
    this.#onAnswered(this, chain.writableBytes);
  }

  #isInside(sector: number, length: number): boolean {
    return length % blk.SECTOR_SIZE === 0 &&
      sector * blk.SECTOR_SIZE + length <= this.#device.disk.size;
  }
}

/** What a range's flags ask for; nothing if they have no meaning (5.2.6.1). */
function rangeOperation(type: number, flags: number): DiskOperation | undefined {
  if (type === blk.VIRTIO_BLK_T_DISCARD) return flags === 0 ? "discard" : undefined;
  if (flags === blk.VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP) return "zero-unmap";
  return flags === 0 ? "zero" : undefined;
}

function changes(operation: DiskOperation): boolean {
  return operation !== "read" && operation !== "flush";
}

/** A sector's number; not exact, but large, where no disk has one. */
function sectorAt(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}
