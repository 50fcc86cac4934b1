/** Finds out what the guest is that the command line names, and reads one for the tiny machine. */

import { loadElf } from "../boot/elf.ts";
import { readElf } from "../boot/elf_file.ts";
import {
  checkFlatBinary,
  fileOf,
  type GuestFile,
  GuestFileError,
  guestKind,
  readAll,
  readHead,
} from "../boot/guest_file.ts";
import { ownGuest } from "../guests/own.ts";
import { HostFile } from "../kvm/host_file.ts";
import { DEFAULT_RAM_SIZE, RAM_BASE } from "../machine/layout.ts";
import { VIRT_RAM_BASE } from "../machine/virt_layout.ts";
import { type Options, virtOption } from "./options.ts";
import { UsageError } from "./usage.ts";

/** A guest for the tiny machine, ready for memory. */
export interface Guest {
  readonly program: Uint8Array;
  /** Where it goes and where it starts, if its file or the command line says so. */
  readonly loadAddress?: number;
  readonly entry?: number;
}

/**
 * Opens the guest that the command line names: one of Orchid's own, or a file.
 *
 * @throws {SystemCallError | GuestFileError} if it cannot be read.
 */
export async function openGuest(path: string): Promise<GuestFile> {
  const own = await ownGuest(path);
  if (own !== undefined) return fileOf(path, own);
  return Deno.build.os === "linux" ? HostFile.open(path) : fileOf(path, readWithDeno(path));
}

/** The machine that the command line asks for, or that suits what else it asks for, or that suits the guest. */
export function machineFor(options: Options, file: GuestFile): "tiny" | "virt" {
  if (options.machine !== undefined) return options.machine;
  if (virtOption(options) !== undefined) return "virt";
  const kind = guestKind(readHead(file));
  if (kind === "flat") return "tiny";
  if (kind !== "elf") return "virt";
  // Only where it goes matters here.
  const { start } = readElf(file, { start: RAM_BASE, end: Number.MAX_SAFE_INTEGER });
  return start < VIRT_RAM_BASE ? "tiny" : "virt";
}

/** What of the options says where a guest goes. */
export type Place = Pick<Options, "memory" | "loadAddress" | "entry">;

/**
 * Reads a guest for the tiny machine: a flat binary, or an ELF file.
 *
 * @throws {GuestFileError} if the file is empty, too large, or of another kind.
 * @throws {SystemCallError} if it cannot be read.
 * @throws {UsageError} if the command line contradicts it.
 */
export function readGuest(file: GuestFile, place: Place): Guest {
  const { memory = DEFAULT_RAM_SIZE, loadAddress, entry } = place;
  const head = readHead(file);
  if (guestKind(head) === "elf") return readElfGuest(file, place);
  checkFlatBinary(file.name, head);
  if (file.size > memory) {
    throw new GuestFileError(
      `${file.name} is larger than the guest's memory of ${memory} bytes; give it more with --memory`,
    );
  }
  return { program: readAll(file), loadAddress, entry };
}

function readElfGuest(
  file: GuestFile,
  { memory = DEFAULT_RAM_SIZE, loadAddress, entry }: Place,
): Guest {
  if (loadAddress !== undefined) {
    throw new UsageError(
      `${file.name} is an ELF file, which says itself where it goes: no --load-address`,
    );
  }
  const elf = loadElf(file, { start: RAM_BASE, end: RAM_BASE + memory });
  return { ...elf, entry: entry ?? elf.entry };
}

/** A file's bytes, where there is no libc to call. */
function readWithDeno(path: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new GuestFileError(`reading ${path} needs a permission; run with --allow-read`);
    }
    throw new GuestFileError(`cannot read ${path}: ${(error as Error).message}`);
  }
}
