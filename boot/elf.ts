/** ELF files as one piece of program (System V ABI, "Program Loading"). */

import { readElf, type Room } from "./elf_file.ts";
import { type GuestFile, GuestFileError } from "./guest_file.ts";

export type { Room } from "./elf_file.ts";

/** A program as memory has it. */
export interface Program {
  /** Its bytes, from the lowest address to the highest; behind them may be more that is zero. */
  readonly program: Uint8Array<ArrayBuffer>;
  /** The guest physical address of the first of them. */
  readonly loadAddress: number;
  /** The guest physical address of the first instruction. */
  readonly entry: number;
}

/** The most that is put together from parts. */
const MOST_BYTES = 2 ** 30;

/**
 * What an ELF file puts into memory, as one piece.
 *
 * A linker that is told where code goes puts the file's headers before it,
 * where there may be no memory: that part is left out.
 *
 * @throws {GuestFileError} if it is no program for arm64, damaged, or does not fit.
 */
export function loadElf(file: GuestFile, room: Room): Program {
  const { segments, start, entry } = readElf(file, room);
  const loadAddress = start - start % 4;
  // Memory is zero already where the file has nothing.
  const fileEnd = Math.max(...segments.map(({ physAddr, fileSize }) => physAddr + fileSize));
  if (fileEnd - loadAddress > MOST_BYTES) {
    throw new GuestFileError(`${file.name} is an ELF file of parts far apart`);
  }
  const program = new Uint8Array(fileEnd - loadAddress);
  for (const { offset, physAddr, fileSize } of segments) {
    const at = physAddr - loadAddress;
    file.readAt(program.subarray(at, at + fileSize), offset);
  }
  return { program, loadAddress, entry };
}
