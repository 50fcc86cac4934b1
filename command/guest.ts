/** Reads the guest's file for the command. */

import { checkFlatBinary, GuestFileError } from "../boot/guest_file.ts";
import { readFile } from "../kvm/file.ts";
import { DEFAULT_RAM_SIZE } from "../machine/layout.ts";

/**
 * The guest's machine code.
 *
 * @param memory The guest's RAM in bytes, which is as much as it is worth reading.
 * @throws {GuestFileError} if the file is empty, too large, or not a flat binary.
 * @throws {SystemCallError | GuestFileError} if it cannot be read.
 */
export function readGuest(path: string, memory: number = DEFAULT_RAM_SIZE): Uint8Array {
  const bytes = Deno.build.os === "linux" ? readFile(path, memory) : readWithDeno(path, memory);
  checkFlatBinary(path, bytes);
  if (bytes.length > memory) {
    throw new GuestFileError(
      `${path} is larger than the guest's memory of ${memory} bytes; give it more with --memory`,
    );
  }
  return bytes;
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
