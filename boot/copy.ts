/** Copies parts of a file into guest memory. */

import type { GuestMemory } from "../vm/guest_memory.ts";
import { type GuestFile, GuestFileError } from "./guest_file.ts";

/** Told how many bytes of how many are done, again and again. */
export type Progress = (done: number, total: number) => void;

/** How much is read between two reports of progress, in bytes. */
const PIECE = 4 * 2 ** 20;
/** And at once where nobody is told: each piece takes a thread, and on a small host those are in one another's way. */
const LARGE_PIECE = 2 ** 30;

/** A part of a file, and the guest physical address where it goes; in bytes. */
export interface Copy {
  readonly offset: number;
  readonly length: number;
  readonly address: number;
}

/**
 * Copies parts of a file into guest memory, without a copy in between; where the
 * file can do that, all at the same time, and while this thread does something else.
 *
 * @throws {GuestFileError} if the file is shorter than it was said to be.
 */
export async function copyToMemory(
  file: GuestFile,
  memory: GuestMemory,
  copies: readonly Copy[],
  onProgress?: Progress,
): Promise<void> {
  const total = copies.reduce((sum, { length }) => sum + length, 0);
  let finished = 0;
  await Promise.all(
    pieces(copies, onProgress === undefined ? LARGE_PIECE : PIECE).map(
      async ({ offset, length, address }) => {
        const into = memory.bytes(address, length);
        const count = await (file.readAside?.(into, offset) ?? file.readAt(into, offset));
        if (count < length) {
          throw new GuestFileError(`${file.name} became shorter while it was read`);
        }
        finished += length;
        onProgress?.(finished, total);
      },
    ),
  );
}

/** The same copies, none of them larger than `most` bytes. */
function pieces(copies: readonly Copy[], most: number): Copy[] {
  return copies.flatMap(({ offset, length, address }) =>
    Array.from({ length: Math.ceil(length / most) }, (_, i) => ({
      offset: offset + i * most,
      length: Math.min(most, length - i * most),
      address: address + i * most,
    }))
  );
}
