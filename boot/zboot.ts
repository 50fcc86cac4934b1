/** Kernels in an EFI program that unpacks them (Linux drivers/firmware/efi/libstub/zboot-header.S). */

import { type GuestFile, GuestFileError } from "./guest_file.ts";

// The header's fields.
const PAYLOAD_OFFSET_AT = 8;
const PAYLOAD_SIZE_AT = 12;
const COMPRESSION_AT = 24;
const HEADER_SIZE = 56;

/**
 * The compressed kernel in such a file, as a file of its own.
 *
 * @param head The start of the file.
 * @throws {GuestFileError} if it is cut off, or compressed with anything but gzip.
 */
export function zbootPayload(file: GuestFile, head: Uint8Array): GuestFile {
  const { name } = file;
  const cutOff = () => new GuestFileError(`${name} is an EFI kernel that is cut off`);
  if (head.length < HEADER_SIZE) throw cutOff();
  const view = new DataView(head.buffer, head.byteOffset, HEADER_SIZE);
  const offset = view.getUint32(PAYLOAD_OFFSET_AT, true);
  const size = view.getUint32(PAYLOAD_SIZE_AT, true);
  const [type] = new TextDecoder().decode(head.subarray(COMPRESSION_AT, HEADER_SIZE)).split("\0");
  if (type !== "gzip") {
    throw new GuestFileError(
      `${name} is an EFI kernel whose Image is compressed with ${JSON.stringify(type)}, ` +
        "not gzip; give the Image itself",
    );
  }
  if (offset + size > file.size) throw cutOff();
  return {
    name,
    size,
    readAt(into, position) {
      const room = Math.max(0, Math.min(into.length, size - position));
      return file.readAt(into.subarray(0, room), offset + position);
    },
  };
}
