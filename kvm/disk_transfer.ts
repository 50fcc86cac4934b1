/** Bytes on their way between a disk's file and guest memory: where they are, as preadv(2) and io_uring take it. */

import type { DiskRequest } from "../devices/virtio/disk.ts";
import type { Submission } from "./io_uring.ts";

/** `struct iovec`: an address and a length, of 64 bits each. */
const IOVEC_WORDS = 4;
/** The most pieces that one call takes (IOV_MAX): what is behind them is left to another one. */
const MOST_VECTORS = 1024;

/** One transfer after another. */
export class Transfer {
  /** What is being done. */
  request!: DiskRequest;
  /** How many of its bytes have been moved. */
  moved = 0;
  /** What it is aligned to, in bytes, if it goes past the host's cache. */
  aligned?: number;
  /** What the kernel is to do: all of it but what and on which file. */
  readonly submission: Submission;
  /** The pieces of memory, the first of which has the rest of what has been moved in part. */
  vectors: Uint8Array<ArrayBuffer> = new Uint8Array();
  #words = new Uint32Array();
  #vectorsAddress = 0;
  /** The guest's memory, and its address. */
  #memory?: Uint8Array;
  #base = 0;
  /** All bits that are set in an address, a length or the offset. */
  #bits = 0;

  /** @param token By which its end is known. */
  constructor(token: number) {
    this.submission = { address: 0, length: 0, offset: 0, flags: 0, token };
  }

  /** Begins with a request; its chain's memory lives as long as it is under way. */
  begin(request: DiskRequest): void {
    this.request = request;
    this.moved = 0;
    this.aligned = undefined;
    this.submission.address = this.submission.length = 0;
    this.submission.offset = this.submission.flags = 0;
  }

  /** Describes what has not been moved. */
  describe(): void {
    const { chain, operation, chainOffset, offset, length } = this.request;
    const isRead = operation === "read";
    const from = isRead ? chain.readable : 0;
    const to = Math.min(isRead ? chain.pieces : chain.readable, from + MOST_VECTORS);
    this.#makeRoom(to - from);
    this.#locate(chain.memory);
    let skip = chainOffset + this.moved;
    let left = length - this.moved;
    let count = 0;
    this.#bits = offset + this.moved >>> 0;
    for (let i = from; i < to && left > 0; i++) {
      const bytes = Math.min(chain.lengths[i]! - skip, left);
      if (bytes > 0) {
        this.#add(count++, this.#base + chain.offsets[i]! + skip, bytes);
        left -= bytes;
      }
      skip = Math.max(skip - chain.lengths[i]!, 0);
    }
    this.submission.length = count;
    this.submission.offset = offset + this.moved;
  }

  /** Whether all of what was described is aligned to so many bytes, a power of two. */
  isAlignedTo(alignment: number | undefined): boolean {
    return alignment !== undefined && (this.#bits & alignment - 1) === 0;
  }

  #add(index: number, address: number, length: number): void {
    const at = IOVEC_WORDS * index;
    this.#words[at] = address >>> 0;
    this.#words[at + 1] = address / 2 ** 32;
    this.#words[at + 2] = length;
    this.#bits |= this.#words[at]! | length;
  }

  #makeRoom(count: number): void {
    if (this.#words.length < IOVEC_WORDS * count) {
      this.#words = new Uint32Array(new ArrayBuffer(4 * IOVEC_WORDS * count));
      this.vectors = new Uint8Array(this.#words.buffer);
      this.#vectorsAddress = addressOf(this.vectors);
    }
    this.submission.address = this.#vectorsAddress;
  }

  #locate(memory: Uint8Array): void {
    if (this.#memory === memory) return;
    this.#memory = memory;
    this.#base = addressOf(memory);
  }
}

/** An address as a number: exact, as those of user space have at most 52 bits. */
function addressOf(bytes: Uint8Array): number {
  return Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes as Uint8Array<ArrayBuffer>)));
}
