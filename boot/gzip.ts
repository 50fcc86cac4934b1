/** Unpacks gzip files (RFC 1952) piece by piece. */

import type { Progress } from "./copy.ts";
import { type GuestFile, GuestFileError } from "./guest_file.ts";

/**
 * How much is unpacked at a time, in bytes. All that comes of it is in memory at
 * once, up to a thousand times as much.
 */
const PIECE = 64 * 1024;

/**
 * What is in a gzip file, in pieces.
 *
 * @param first The least that the first piece has, in bytes, unless there is no more.
 * @param onProgress Told of the bytes of the file, not of those that come out of it.
 * @throws {GuestFileError} if the file is damaged or cut off.
 */
export async function* gunzip(
  file: GuestFile,
  first: number,
  onProgress?: Progress,
): AsyncGenerator<Uint8Array> {
  const packed = new ReadableStream(source(file, onProgress), { highWaterMark: 0 });
  let head: Uint8Array | undefined = new Uint8Array();
  try {
    for await (const piece of packed.pipeThrough(new DecompressionStream("gzip"))) {
      const whole: Uint8Array = head === undefined ? piece : join(head, piece);
      head = head !== undefined && whole.length < first ? whole : undefined;
      if (head === undefined) yield whole;
    }
  } catch (error) {
    // Compression Standard, "decompress and enqueue a chunk": what is wrong with the data is a TypeError.
    if (!(error instanceof TypeError)) throw error;
    throw new GuestFileError(
      `${file.name} is a gzip file that is damaged, cut off, or has something else behind its end`,
    );
  }
  if (head !== undefined && head.length > 0) yield head;
}

/** A file's bytes as a stream that reads no further than it is asked to. */
function source(
  file: GuestFile,
  onProgress: Progress = () => {},
): UnderlyingDefaultSource<Uint8Array<ArrayBuffer>> {
  let position = 0;
  return {
    pull(controller) {
      const bytes = new Uint8Array(PIECE);
      const length = file.readAt(bytes, position);
      if (length === 0) return controller.close();
      position += length;
      onProgress(position, file.size);
      controller.enqueue(bytes.subarray(0, length));
    },
  };
}

function join(head: Uint8Array, tail: Uint8Array): Uint8Array {
  if (head.length === 0) return tail;
  const joined = new Uint8Array(head.length + tail.length);
  joined.set(head);
  joined.set(tail, head.length);
  return joined;
}
