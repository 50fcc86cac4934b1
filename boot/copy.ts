/** Copies parts of a file into guest memory. */

import type { GuestMemory } from "../vm/guest_memory.ts";
import { type GuestFile, GuestFileError } from "./guest_file.ts";

/** Told how many bytes of how many are done, again and again. */
export type Progress = (done: number, total: number) => void;

/** How much is read between two reports of progress, in bytes. */
const PIECE = 4 * 2 ** 20;

/** A part of a file, and the guest physical address where it goes; in bytes. */
export interface Copy {
  readonly offset: number;
  readonly length: number;
  readonly address: number;
}

/**
 * Copies parts of a file into guest memory, without a copy in between.
 *
 * @throws {GuestFileError} if the file is shorter than it was said to be.
 */
export function copyToMemory(
  file: GuestFile,
  memory: GuestMemory,
  copies: readonly Copy[],
  onProgress: Progress = () => {},
): void {
  const total = copies.reduce((sum, { length }) => sum + length, 0);
  let finished = 0;
  for (const { offset, length, address } of copies) {
    for (let done = 0; done < length;) {
      const into = memory.bytes(address + done, Math.min(PIECE, length - done));
      if (file.readAt(into, offset + done) < into.length) {
        throw new GuestFileError(`${file.name} became shorter while it was read`);
      }
      done += into.length;
      finished += into.length;
      onProgress(finished, total);
    }
  }
}
