/** Reads the guest's file for the command. */

import { loadElf } from "../boot/elf.ts";
import { checkFlatBinary, GuestFileError, isElf } from "../boot/guest_file.ts";
import { ownGuest } from "../guests/own.ts";
import { readFile } from "../kvm/file.ts";
import { DEFAULT_RAM_SIZE, RAM_BASE } from "../machine/layout.ts";
import type { Options } from "./options.ts";
import { UsageError } from "./usage.ts";

/** A guest, ready for memory. */
export interface Guest {
  readonly program: Uint8Array;
  /** Where it goes and where it starts, if its file or the command line says so. */
  readonly loadAddress?: number;
  readonly entry?: number;
}

/** The most bytes of an ELF file, which may have more in it than goes into memory. */
const LARGEST_ELF = 2 ** 30;

/** What of the options says which guest, and where it goes. */
export type GuestOptions = Pick<Options, "guest" | "memory" | "loadAddress" | "entry">;

/**
 * The guest that the command line names: one of Orchid's own, a flat binary, or
 * an ELF file.
 *
 * @throws {GuestFileError} if the file is empty, too large, or of another kind.
 * @throws {SystemCallError | GuestFileError} if it cannot be read.
 * @throws {UsageError} if the command line contradicts it.
 */
export async function readGuest(options: GuestOptions): Promise<Guest> {
  const { guest: path, memory = DEFAULT_RAM_SIZE, loadAddress, entry } = options;
  const program = await ownGuest(path) ?? read(path, memory);
  if (isElf(program)) return readElf(program, options);
  checkFlatBinary(path, program);
  if (program.length > memory) {
    throw new GuestFileError(
      `${path} is larger than the guest's memory of ${memory} bytes; give it more with --memory`,
    );
  }
  return { program, loadAddress, entry };
}

/** @param start The start of the file, or all of it. */
function readElf(
  start: Uint8Array,
  { guest: path, memory = DEFAULT_RAM_SIZE, loadAddress, entry }: GuestOptions,
): Guest {
  if (loadAddress !== undefined) {
    throw new UsageError(
      `${path} is an ELF file, which says itself where it goes: no --load-address`,
    );
  }
  const bytes = start.length > memory ? read(path, LARGEST_ELF) : start;
  const elf = loadElf(path, bytes, { start: RAM_BASE, end: RAM_BASE + memory });
  return { ...elf, entry: entry ?? elf.entry };
}

/** A file's bytes, or `limit` of them and one more. */
function read(path: string, limit: number): Uint8Array {
  return Deno.build.os === "linux" ? readFile(path, limit) : readWithDeno(path, limit);
}

/** As readFile of kvm/, where there is no libc to call. */
function readWithDeno(path: string, limit: number): Uint8Array {
  try {
    return Deno.readFileSync(path).subarray(0, limit + 1);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new GuestFileError(`reading ${path} needs a permission; run with --allow-read`);
    }
    throw new GuestFileError(`cannot read ${path}: ${(error as Error).message}`);
  }
}
