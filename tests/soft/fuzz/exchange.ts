/**
 * How images travel to a process that runs them, and results back: numbers of
 * 32 bits, then the bytes.
 *
 * ```text
 * request  program length, memory, outputs address, outputs length, milliseconds | program
 * reply    cases left, outputs length | outputs
 * ```
 *
 * @module
 */

import type { Image } from "./image.ts";
import type { ImageResult } from "./run_image.ts";

/** Reads whole pieces from a stream. */
export class PieceReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #rest = new Uint8Array();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** So many bytes; undefined if the stream ends before. */
  async bytes(length: number): Promise<Uint8Array | undefined> {
    const piece = new Uint8Array(length);
    let have = 0;
    for (;;) {
      const part = this.#rest.subarray(0, length - have);
      piece.set(part, have);
      have += part.length;
      this.#rest = this.#rest.subarray(part.length);
      if (have === length) return piece;
      const { value, done } = await this.#reader.read();
      if (done) return undefined;
      this.#rest = new Uint8Array(value);
    }
  }

  /** So many 32-bit numbers; undefined if the stream ends before. */
  async numbers(count: number): Promise<number[] | undefined> {
    const bytes = await this.bytes(4 * count);
    return bytes === undefined ? undefined : [...new Uint32Array(bytes.buffer)];
  }
}

/** What to run. */
export interface Request {
  readonly image: Image;
  readonly milliseconds: number;
}

export function encodeRequest({ image, milliseconds }: Request): Uint8Array[] {
  const { program, memory, outputs, outputsLength } = image;
  return [numbers(program.length, memory, outputs, outputsLength, milliseconds), program];
}

export async function readRequest(reader: PieceReader): Promise<Request | undefined> {
  const [length = 0, memory = 0, outputs = 0, outputsLength = 0, milliseconds = 0] =
    await reader.numbers(5) ?? [];
  const program = length === 0 ? undefined : await reader.bytes(length);
  if (program === undefined) return undefined;
  return { image: { program, memory, outputs, outputsLength }, milliseconds };
}

export function encodeReply({ left, outputs }: ImageResult): Uint8Array[] {
  return [numbers(left, outputs.length), outputs];
}

export async function readReply(reader: PieceReader): Promise<ImageResult | undefined> {
  const [left, length = 0] = await reader.numbers(2) ?? [];
  const outputs = left === undefined ? undefined : await reader.bytes(length);
  return left === undefined || outputs === undefined ? undefined : { left, outputs };
}

function numbers(...values: number[]): Uint8Array {
  return new Uint8Array(new Uint32Array(values).buffer);
}
