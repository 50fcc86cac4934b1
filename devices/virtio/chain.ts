/** A chain of descriptors: what a driver hands over at once, as places in the guest's memory. */

/** A piece of guest memory, as it is there. */
export type Piece = Uint8Array<SharedArrayBuffer>;

/** Pieces of guest memory, first those that the device may read, behind them those that it may write. One object serves for chain after chain. */
export class Chain {
  /** The first descriptor's index, by which the chain is given back. */
  head = 0;
  /** How many pieces there are. */
  pieces = 0;
  /** How many of them are to be read. */
  readable = 0;
  /** The sum of their lengths, in bytes. */
  readableBytes = 0;
  /** The sum of the others'. */
  writableBytes = 0;
  /** Where each piece is in the memory's buffer. */
  readonly offsets: Float64Array<ArrayBuffer>;
  /** How long each piece is, in bytes. */
  readonly lengths: Float64Array<ArrayBuffer>;
  /** All bytes of the memory that the pieces are in. */
  readonly memory: Uint8Array<SharedArrayBuffer>;

  /**
   * An empty chain.
   *
   * @param memory All bytes of the memory.
   * @param most The most pieces, which is the size of the queue.
   */
  constructor(memory: Uint8Array<SharedArrayBuffer>, most: number) {
    this.memory = memory;
    this.offsets = new Float64Array(most);
    this.lengths = new Float64Array(most);
  }

  /** Begins anew. */
  begin(head: number): void {
    this.head = head;
    this.pieces = 0;
    this.readable = 0;
    this.readableBytes = 0;
    this.writableBytes = 0;
  }

  /** Adds a piece; all that are to be read come first. */
  add(offset: number, length: number, isWritable: boolean): void {
    this.offsets[this.pieces] = offset;
    this.lengths[this.pieces++] = length;
    if (isWritable) this.writableBytes += length;
    else {
      this.readable++;
      this.readableBytes += length;
    }
  }

  /** Copies out of what is to be read, from byte `at` of it on. @returns How many bytes there were. */
  read(at: number, bytes: Uint8Array): number {
    return this.#each(0, this.readable, at, bytes.length, (offset, length, done) => {
      bytes.set(this.memory.subarray(offset, offset + length), done);
    });
  }

  /** Copies into what is to be written, from byte `at` of it on. @returns How many bytes there was room for. */
  write(at: number, bytes: Uint8Array): number {
    return this.#each(this.readable, this.pieces, at, bytes.length, (offset, length, done) => {
      this.memory.set(bytes.subarray(done, done + length), offset);
    });
  }

  /** The first piece that is to be written, as it is in memory; nothing if there is none. */
  firstWritable(): Piece | undefined {
    if (this.readable === this.pieces) return;
    const offset = this.offsets[this.readable]!;
    return this.memory.subarray(offset, offset + this.lengths[this.readable]!);
  }

  /** Bytes of what is to be read, from byte `at` of it on, as they are in memory. */
  readablePieces(at: number, length: number): Piece[] {
    const pieces: Piece[] = [];
    this.#each(0, this.readable, at, length, (offset, length) => {
      pieces.push(this.memory.subarray(offset, offset + length));
    });
    return pieces;
  }

  /** Calls for each stretch of memory among `most` bytes from byte `at` of some pieces on. @returns How many bytes those are. */
  #each(
    from: number,
    to: number,
    at: number,
    most: number,
    action: (offset: number, length: number, done: number) => void,
  ): number {
    let done = 0;
    for (let i = from, skip = at; i < to && done < most; i++) {
      const length = this.lengths[i]!;
      const taken = Math.min(length - skip, most - done);
      if (taken > 0) {
        action(this.offsets[i]! + skip, taken, done);
        done += taken;
      }
      skip = Math.max(skip - length, 0);
    }
    return done;
  }
}
