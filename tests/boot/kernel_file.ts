/** Writes small kernels for tests of loading them. */

import type { Room } from "../../boot/elf_file.ts";
import { GuestMemory } from "../../vm/guest_memory.ts";

/** An Image; of Linux 4.6 or newer unless told otherwise. */
export interface ImageFile {
  readonly textOffset?: bigint;
  readonly imageSize?: bigint;
  readonly flags?: bigint;
  /** The file's length in bytes. */
  readonly length?: number;
}

/** An Image of that length, with the header of booting.rst and other bytes behind it. */
export function imageFile(
  { textOffset = 0n, imageSize = 0x2_0000n, flags = 0b1010n, length = 0x1_0000 }: ImageFile = {},
): Uint8Array<ArrayBuffer> {
  const bytes = pattern(Math.max(length, 64));
  const view = new DataView(bytes.buffer);
  bytes.fill(0, 0, 64);
  view.setUint32(0, 0xfa40_5a4d, true);
  view.setBigUint64(8, textOffset, true);
  view.setBigUint64(16, imageSize, true);
  view.setBigUint64(24, flags, true);
  view.setUint32(56, 0x644d_5241, true);
  return bytes.slice(0, length);
}

/** Bytes that are not all alike, and do not compress well. */
export function pattern(length: number): Uint8Array<ArrayBuffer> {
  let state = 1;
  return new Uint8Array(length).map(() => {
    state = Math.imul(state, 1_103_515_245) + 12345;
    return state >> 16;
  });
}

/** The same bytes compressed with gzip. */
export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

/** An EFI program with a compressed kernel in it, as zboot-header.S begins one. */
export function zbootFile(payload: Uint8Array, compression = "gzip"): Uint8Array<ArrayBuffer> {
  const offset = 0x1000;
  const bytes = new Uint8Array(offset + payload.length + 8);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("MZ\0\0zimg"));
  view.setUint32(8, offset, true);
  view.setUint32(12, payload.length, true);
  bytes.set(new TextEncoder().encode(compression), 24);
  bytes.set(payload, offset);
  return bytes;
}

/** RAM of a virt machine. */
export const RAM: Room = { start: 0x4000_0000, end: 0x4000_0000 + 16 * 2 ** 20 };

export function guestMemory({ start, end } = RAM): GuestMemory {
  return new GuestMemory([{ base: start, size: end - start, readOnly: false }]);
}

/** The header of an EFI program with these sections, of which only the places in the file are filled in. */
export function peHeader(
  sections: readonly { readonly at: number; readonly size: number }[],
  signatureOffset = 0x40,
): Uint8Array<ArrayBuffer> {
  const optional = 0xa0;
  const table = 0x40 + 24 + optional;
  const bytes = new Uint8Array(table + 40 * sections.length);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("MZ"));
  view.setUint32(0x3c, signatureOffset, true);
  bytes.set(new TextEncoder().encode("PE\0\0"), 0x40);
  view.setUint16(0x40 + 6, sections.length, true);
  view.setUint16(0x40 + 20, optional, true);
  sections.forEach(({ at, size }, i) => {
    view.setUint32(table + 40 * i + 16, size, true);
    view.setUint32(table + 40 * i + 20, at, true);
  });
  return bytes;
}

/** An Image of 4096 bytes that is an EFI program as well, of which a thousand bytes are missing. */
export function shortImage(): Uint8Array<ArrayBuffer> {
  const image = imageFile({ length: 4096 });
  image.set(peHeader([{ at: 4096, size: 1000 }]).subarray(0x3c), 0x3c);
  return image;
}
