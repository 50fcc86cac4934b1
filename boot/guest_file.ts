/** What kind of file a guest is, told by its first bytes. */

import { OrchidError } from "../vm/error.ts";

/** A guest file that cannot be run, and why. */
export class GuestFileError extends OrchidError {}

/** A file that goes into guest memory. */
export interface GuestFile {
  /** Its name, for messages. */
  readonly name: string;
  /** Its length in bytes. */
  readonly size: number;
  /**
   * Reads into the given bytes.
   *
   * @param position Where in the file to start, in bytes.
   * @returns How many bytes were read: fewer than there is room for only where the file ends.
   */
  readAt(into: Uint8Array<ArrayBufferLike>, position: number): number;
  /** As readAt, while the caller's thread does something else. */
  readAside?(into: Uint8Array<ArrayBufferLike>, position: number): Promise<number>;
}

/** A file that is in memory already. */
export function fileOf(name: string, bytes: Uint8Array): GuestFile {
  return {
    name,
    size: bytes.length,
    readAt(into, position) {
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    },
  };
}

/**
 * What a guest is: an arm64 Linux Image, plain, compressed with gzip or inside
 * an EFI program that unpacks it; an ELF file; or none of these.
 */
export type GuestKind = "image" | "gzip" | "zboot" | "elf" | "flat";

/** Bytes that a format has at some place. */
interface Magic {
  readonly at: number;
  readonly bytes: readonly number[];
}

const ascii = (text: string) => [...text].map((letter) => letter.charCodeAt(0));

/** By first match: the formats that can be loaded. */
const kinds: readonly (readonly [GuestKind, Magic])[] = [
  // System V ABI, "ELF Identification".
  ["elf", { at: 0, bytes: [0x7f, ...ascii("ELF")] }],
  // Linux Documentation/arch/arm64/booting.rst, "Call the kernel image".
  ["image", { at: 56, bytes: ascii("ARM\x64") }],
  // RFC 1952, 2.3.1: ID1, ID2 and CM.
  ["gzip", { at: 0, bytes: [0x1f, 0x8b, 0x08] }],
  // Linux drivers/firmware/efi/libstub/zboot-header.S.
  ["zboot", { at: 4, bytes: ascii("zimg") }],
];

/** Formats that look like flat binaries and are none, and what to say of them. */
const others: readonly (readonly [string, Magic])[] = [
  // The .xz File Format, 2.1.1.1.
  ["is compressed with xz; unpack it first", {
    at: 0,
    bytes: [0xfd, ...ascii("7zXZ"), 0x00],
  }],
  // RFC 8878, 3.1.1.
  ["is compressed with zstd; unpack it first", { at: 0, bytes: [0x28, 0xb5, 0x2f, 0xfd] }],
  // LZ4 Frame Format Description, "General Structure" and "Legacy frame".
  ["is compressed with lz4; unpack it first", { at: 0, bytes: [0x04, 0x22, 0x4d, 0x18] }],
  ["is compressed with lz4; unpack it first", { at: 0, bytes: [0x02, 0x21, 0x4c, 0x18] }],
  // The first block's magic follows the file's, "BZh" and a digit.
  ["is compressed with bzip2; unpack it first", { at: 4, bytes: ascii("1AY&SY") }],
  // Linux Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header".
  ["is a Linux kernel for x86, not for arm64", { at: 0x202, bytes: ascii("HdrS") }],
  // Linux arch/arm/boot/compressed/head.S.
  ["is a Linux kernel for 32-bit Arm, not for arm64", {
    at: 0x24,
    bytes: [0x18, 0x28, 0x6f, 0x01],
  }],
  // U-Boot include/image.h, IH_MAGIC.
  ["is a U-Boot image; give the kernel that is inside", {
    at: 0,
    bytes: [0x27, 0x05, 0x19, 0x56],
  }],
];

/** As many of a file's first bytes as tell what it is. */
export const HEAD_SIZE = 4096;

/** A file's first bytes, up to {@linkcode HEAD_SIZE} of them. */
export function readHead(file: GuestFile): Uint8Array<ArrayBuffer> {
  const head = new Uint8Array(Math.min(file.size, HEAD_SIZE));
  return head.subarray(0, file.readAt(head, 0));
}

/** All of a file's bytes. */
export function readAll(file: GuestFile): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(file.size);
  return bytes.subarray(0, file.readAt(bytes, 0));
}

function has(bytes: Uint8Array, { at, bytes: magic }: Magic): boolean {
  return magic.every((byte, i) => bytes[at + i] === byte);
}

/**
 * What a file is.
 *
 * @param head Its first bytes, {@linkcode HEAD_SIZE} of them or all.
 */
export function guestKind(head: Uint8Array): GuestKind {
  return kinds.find(([, magic]) => has(head, magic))?.[0] ?? "flat";
}

/** Whether a file is ELF. */
export function isElf(bytes: Uint8Array): boolean {
  return guestKind(bytes) === "elf";
}

/**
 * Fails if a file that is "flat" to {@linkcode guestKind} has nothing in it, or
 * a known format that nothing here can load.
 *
 * @param name The file's name, for the message.
 * @throws {GuestFileError} if it does.
 */
export function checkFlat(name: string, head: Uint8Array): void {
  if (head.length === 0) throw new GuestFileError(`${name} is empty`);
  const other = others.find(([, magic]) => has(head, magic));
  if (other !== undefined) throw new GuestFileError(`${name} ${other[0]}`);
}

/**
 * Fails unless a file can be a flat binary: anything can, except nothing at all
 * and the formats that would have to be unpacked first.
 *
 * @param name The file's name, for the message.
 * @throws {GuestFileError} if it cannot.
 */
export function checkFlatBinary(name: string, bytes: Uint8Array): void {
  const kind = guestKind(bytes);
  if (kind === "image" || kind === "zboot") {
    throw new GuestFileError(`${name} is an arm64 Linux kernel, which needs --machine virt`);
  }
  if (kind === "gzip") {
    throw new GuestFileError(`${name} is compressed with gzip; unpack it first`);
  }
  checkFlat(name, bytes);
}
