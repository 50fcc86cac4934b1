/** The console: a UART cut down to two byte-wide registers, DATA and STATUS. */

import { type MmioDevice, NOT_YET } from "./device.ts";

/** RW. A store prints a byte; a load waits for a byte of input and takes it, 0 at the end of input. */
export const DATA = 0;
/** RO. What a load from DATA would find. */
export const STATUS = 1;
/** STATUS: a byte of input is there. */
export const STATUS_INPUT_READY = 1 << 0;
/** STATUS: there is no more input, and there will be none. */
export const STATUS_END_OF_INPUT = 1 << 1;

/** How many bytes of addresses the registers take. */
export const CONSOLE_SIZE = 2;

/** Where the guest's output goes; `Deno.stdout` is one. */
export interface Writer {
  /** Writes some of the bytes, and says how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** Where the guest's input comes from; `Deno.stdin` is one. */
export interface Reader {
  /** Reads at least one byte and says how many; null at the end. */
  read(bytes: Uint8Array): Promise<number | null>;
}

// Known to V8 as a constant, which what is exported is not.
const data = DATA;

const OUTPUT_SIZE = 64 * 1024;
const INPUT_SIZE = 64 * 1024;

/**
 * The console. The guest's bytes are collected and written out in blocks: call
 * {@linkcode flush} from time to time. Input is not asked for before the guest
 * asks: what it never reads stays with whoever reads the same file next.
 */
export class Console implements MmioDevice {
  /** Bytes printed. */
  bytesOut = 0;
  /** Bytes of input taken. */
  bytesIn = 0;
  /** Why output could not be written; what the guest prints after that is lost. */
  failure?: Error;

  readonly #writer: Writer;
  readonly #reader: Reader;
  readonly #onOutput?: (byte: number) => boolean | void;

  #output: Uint8Array<ArrayBuffer> = new Uint8Array(OUTPUT_SIZE);
  #outputLength = 0;
  #writing?: Promise<void>;
  #flushAgain = false;
  #isOver = false;
  /** The block that is being written while the other one fills. */
  #spare: Uint8Array<ArrayBuffer> = new Uint8Array(OUTPUT_SIZE);

  readonly #input = new Uint8Array(INPUT_SIZE);
  #inputAt = 0;
  #inputEnd = 0;
  #ended = false;
  #reading?: Promise<void>;

  /**
   * A console that has printed nothing and asked for nothing.
   *
   * @param writer Where the guest's output goes.
   * @param reader Where its input comes from.
   * @param onOutput Called with each byte that the guest prints. If it answers false, what is {@linkcode put} from then on is not printed.
   */
  constructor(writer: Writer, reader: Reader, onOutput?: (byte: number) => boolean | void) {
    this.#writer = writer;
    this.#reader = reader;
    this.#onOutput = onOutput;
  }

  /** A load from DATA or STATUS. */
  read(offset: number, size: number): number | typeof NOT_YET {
    if (size !== 1) return 0;
    if (this.#inputAt === this.#inputEnd && !this.#ended) this.#fetch();
    const ready = this.#inputAt < this.#inputEnd;
    if (offset === STATUS) {
      return ready ? STATUS_INPUT_READY : this.#ended ? STATUS_END_OF_INPUT : 0;
    }
    if (!ready) return this.#ended ? 0 : NOT_YET;
    this.bytesIn++;
    return this.#input[this.#inputAt++]!;
  }

  /** Takes input that has arrived: `most` bytes at the most, none if there are none yet. A view, for now. */
  take(most: number): Uint8Array {
    const taken = this.#input.subarray(
      this.#inputAt,
      Math.min(this.#inputEnd, this.#inputAt + most),
    );
    this.#inputAt += taken.length;
    this.bytesIn += taken.length;
    return taken;
  }

  /** Asks for input, if none has arrived. @returns Resolves when some has; false if there will be none. */
  async ask(): Promise<boolean> {
    while (this.#inputAt === this.#inputEnd && !this.#ended) {
      this.#fetch();
      await this.#reading;
    }
    return this.#inputAt < this.#inputEnd;
  }

  /** A store to DATA. */
  write(offset: number, size: number, value: number): typeof NOT_YET | void {
    if (offset !== data || size !== 1) return;
    if (this.#outputLength === OUTPUT_SIZE) return NOT_YET;
    this.#output[this.#outputLength++] = value;
    this.bytesOut++;
    this.#onOutput?.(value);
  }

  /** Prints many bytes. @returns How many of them there was room for. */
  put(bytes: Uint8Array): number {
    const length = Math.min(bytes.length, OUTPUT_SIZE - this.#outputLength);
    // First of all a copy: the guest may go on to change what it has printed.
    this.#output.set(bytes.subarray(0, length), this.#outputLength);
    const printed = this.#onOutput === undefined ? length : this.#tell(length);
    this.#outputLength += printed;
    this.bytesOut += printed;
    return length;
  }

  /** Resolves when there is room for output. */
  async room(): Promise<void> {
    this.flush();
    while (this.#outputLength === OUTPUT_SIZE) await this.#writing;
  }

  /** Sees to it that what has been printed is written out: now, or when the block is done that is under way. */
  flush(): void {
    this.#flushAgain = this.#writing !== undefined;
    if (this.#outputLength === 0 || this.#writing !== undefined) return;
    const block = this.#output.subarray(0, this.#outputLength);
    [this.#output, this.#spare] = [this.#spare, this.#output];
    this.#outputLength = 0;
    this.#writing = this.#writeOut(block).finally(() => {
      this.#writing = undefined;
      if (this.#flushAgain) this.flush();
    });
  }

  /** Resolves when all that has been printed is written. */
  async drain(): Promise<void> {
    for (this.flush(); this.#writing !== undefined; this.flush()) await this.#writing;
  }

  /** Resolves when there may be room for output, if there was none, or else when there is input. */
  async progress(): Promise<void> {
    const isFull = this.#outputLength === OUTPUT_SIZE;
    this.flush();
    // Who waits for room has nothing to do with input, for which nobody may ever come.
    if (!isFull) await this.#reading;
    else if (this.#outputLength === OUTPUT_SIZE) await this.#writing;
  }

  /** Tells of bytes that have just come. @returns How many of them count. */
  #tell(length: number): number {
    if (this.#isOver) return 0;
    for (let i = 0; i < length; i++) {
      this.#isOver = this.#onOutput!(this.#output[this.#outputLength + i]!) === false;
      if (this.#isOver) return i + 1;
    }
    return length;
  }

  async #writeOut(block: Uint8Array): Promise<void> {
    try {
      for (let rest = block; rest.length > 0;) {
        rest = rest.subarray(await this.#writer.write(rest));
      }
    } catch (error) {
      this.failure = error as Error;
    }
  }

  /** Asks for input, unless that is under way. */
  #fetch(): void {
    this.#reading ??= this.#readIn().finally(() => this.#reading = undefined);
  }

  async #readIn(): Promise<void> {
    try {
      const length = await this.#reader.read(this.#input);
      this.#inputAt = 0;
      this.#inputEnd = length ?? 0;
      this.#ended = length === null;
    } catch {
      // stdin may be closed, or a directory: to the guest its input is over.
      this.#ended = true;
    }
  }
}
