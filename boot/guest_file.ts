/** What kind of file a guest is, told by its first bytes. */

import { OrchidError } from "../vm/error.ts";

/** A guest file that cannot be run, and why. */
export class GuestFileError extends OrchidError {}

const ELF_MAGIC = [0x7f, 0x45, 0x4c, 0x46];

/** "ARM\x64" at 56 (Linux Documentation/arch/arm64/booting.rst, "Call the kernel image"). */
const IMAGE_MAGIC = [0x41, 0x52, 0x4d, 0x64];
const IMAGE_MAGIC_AT = 56;

/** gzip's ID1, ID2 and CM (RFC 1952, 2.3.1). */
const GZIP_MAGIC = [0x1f, 0x8b, 0x08];

function has(bytes: Uint8Array, at: number, magic: readonly number[]): boolean {
  return magic.every((byte, i) => bytes[at + i] === byte);
}

/** Whether a file is ELF. */
export function isElf(bytes: Uint8Array): boolean {
  return has(bytes, 0, ELF_MAGIC);
}

/**
 * Fails unless a file can be a flat binary: anything can, except nothing at all
 * and the formats that would have to be unpacked first.
 *
 * @param name The file's name, for the message.
 * @throws {GuestFileError} if it cannot.
 */
export function checkFlatBinary(name: string, bytes: Uint8Array): void {
  if (bytes.length === 0) throw new GuestFileError(`${name} is empty`);
  if (has(bytes, IMAGE_MAGIC_AT, IMAGE_MAGIC)) {
    throw new GuestFileError(
      `${name} is an arm64 Linux kernel, which needs the virt machine; that is not part of this version yet`,
    );
  }
  if (has(bytes, 0, GZIP_MAGIC)) {
    throw new GuestFileError(`${name} is compressed with gzip; unpack it first`);
  }
}
