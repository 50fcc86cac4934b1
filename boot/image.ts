/** The header of an arm64 Linux Image (Linux Documentation/arch/arm64/booting.rst, "Call the kernel image"). */

import { GuestFileError } from "./guest_file.ts";
import { peFileSize } from "./pe.ts";

/** The header's length in bytes. */
const IMAGE_HEADER_SIZE = 64;

/** The kernel's page sizes in bytes, by the flags' bits 2:1; 0 says nothing. */
const pageSizes = [undefined, 0x1000, 0x4000, 0x1_0000] as const;

const FLAG_BIG_ENDIAN = 1n << 0n;
const FLAGS_PAGE_SIZE_SHIFT = 1n;
const FLAGS_PAGE_SIZE_MASK = 3n;
const FLAG_PLACED_ANYWHERE = 1n << 3n;

/** Where a kernel without an image_size is from its base: the field then has any byte order. */
const OLD_TEXT_OFFSET = 0x8_0000;

/** What the header says. */
export interface ImageHeader {
  /** How far behind a multiple of 2 MiB the kernel goes, in bytes. */
  readonly textOffset: number;
  /** What the kernel takes of memory from its start on, in bytes; 0 if it does not say (before Linux 3.17). */
  readonly imageSize: number;
  /** The size of the kernel's pages in bytes, if it says. */
  readonly pageSize?: number;
  /** Whether the kernel can use memory that is below it (from Linux 4.6 on). */
  readonly isPlacedAnywhere: boolean;
  /** How long the file has to be, in bytes; 0 if it does not say. The rest up to `imageSize` is zeroed by the kernel. */
  readonly fileSize: number;
}

/**
 * Fails if an Image is shorter than it says.
 *
 * @param size How many bytes there are.
 * @throws {GuestFileError} if it is.
 */
export function checkImageSize(name: string, { fileSize }: ImageHeader, size: number): void {
  if (size >= fileSize) return;
  throw new GuestFileError(
    `${name} is an arm64 Linux Image that is cut off: it has ${size} of ${fileSize} bytes`,
  );
}

/**
 * Reads the header of an Image.
 *
 * @param name The file's name, for messages.
 * @param head The start of the file, which has the magic number; what is behind the header tells more.
 * @throws {GuestFileError} if it is cut off, makes no sense, or the kernel is big-endian.
 */
export function parseImageHeader(name: string, head: Uint8Array): ImageHeader {
  if (head.length < IMAGE_HEADER_SIZE) {
    throw new GuestFileError(`${name} is an arm64 Linux Image that is cut off`);
  }
  const view = new DataView(head.buffer, head.byteOffset, IMAGE_HEADER_SIZE);
  const size = (field: string, at: number): number => {
    const value = view.getBigUint64(at, true);
    if (value <= Number.MAX_SAFE_INTEGER) return Number(value);
    throw new GuestFileError(
      `${name} is an arm64 Linux Image that is damaged: its ${field} is 0x${value.toString(16)}`,
    );
  };
  const imageSize = size("image_size", 16);
  const flags = view.getBigUint64(24, true);
  if (flags & FLAG_BIG_ENDIAN) {
    throw new GuestFileError(
      `${name} is a big-endian Linux kernel, and guests run little-endian here`,
    );
  }
  return {
    textOffset: imageSize === 0 ? OLD_TEXT_OFFSET : size("text_offset", 8),
    imageSize,
    pageSize: pageSizes[Number((flags >> FLAGS_PAGE_SIZE_SHIFT) & FLAGS_PAGE_SIZE_MASK)],
    isPlacedAnywhere: (flags & FLAG_PLACED_ANYWHERE) !== 0n,
    fileSize: peFileSize(head),
  };
}
