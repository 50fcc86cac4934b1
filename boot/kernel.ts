/** Loads a kernel into a virt machine's memory, whatever kind of file it is in. */

import type { GuestMemory } from "../vm/guest_memory.ts";
import { DEVICE_TREE_ROOM } from "./beside_kernel.ts";
import { copyToMemory, type Progress } from "./copy.ts";
import { readElf, type Room } from "./elf_file.ts";
import { gunzip } from "./gzip.ts";
import {
  checkFlat,
  type GuestFile,
  GuestFileError,
  guestKind,
  HEAD_SIZE,
  readHead,
} from "./guest_file.ts";
import { checkImageSize, type ImageHeader, parseImageHeader } from "./image.ts";
import { zbootPayload } from "./zboot.ts";

/** Where a flat binary goes unless told otherwise, from the start of RAM: where QEMU's board has it (hw/arm/boot.c). In bytes. */
const FLAT_OFFSET = 0x8_0000;

/** A kernel that is in memory. */
export interface LoadedKernel extends Room {
  /** What it is, once it is unpacked. */
  readonly kind: "image" | "elf" | "flat";
  /** The guest physical address of the first instruction. */
  readonly entry: number;
  /** What an Image says of itself. */
  readonly header?: ImageHeader;
}

/** How to load a kernel. */
export interface KernelOptions {
  /** Where RAM is; it starts at a multiple of 2 MiB. */
  readonly ram: Room;
  /** Where a flat binary goes, a guest physical address; 512 KiB from the start of RAM unless given. */
  readonly loadAddress?: number;
  /** Told of the bytes of the file. */
  readonly onProgress?: Progress;
}

const hex = (address: number) => `0x${address.toString(16)}`;

/**
 * Loads a kernel.
 *
 * @throws {GuestFileError} if it is damaged, for another machine, or does not fit.
 */
export async function loadKernel(
  file: GuestFile,
  memory: GuestMemory,
  options: KernelOptions,
): Promise<LoadedKernel> {
  const head = readHead(file);
  const kind = guestKind(head);
  if (kind === "flat") return await loadFlat(file, head, memory, options);
  if (options.loadAddress !== undefined) {
    const what = kind === "elf" ? "an ELF file" : "a Linux kernel";
    throw new GuestFileError(
      `${file.name} is ${what}, which says itself where it goes: no --load-address`,
    );
  }
  switch (kind) {
    case "elf":
      return await loadElfKernel(file, memory, options);
    case "image":
      return await loadImage(file, head, memory, options);
    case "gzip":
      return await loadCompressed(file, memory, options);
    case "zboot":
      return await loadCompressed(zbootPayload(file, head), memory, options);
  }
}

async function loadFlat(
  file: GuestFile,
  head: Uint8Array,
  memory: GuestMemory,
  { ram, loadAddress = ram.start + FLAT_OFFSET, onProgress }: KernelOptions,
): Promise<LoadedKernel> {
  checkFlat(file.name, head);
  if (loadAddress % 4 !== 0) {
    throw new GuestFileError(`the load address ${hex(loadAddress)} is no multiple of 4`);
  }
  if (loadAddress < ram.start) throw misplaced(file.name, loadAddress, ram);
  checkFits(file.name, loadAddress, file.size, ram);
  await copyToMemory(
    file,
    memory,
    [{ offset: 0, length: file.size, address: loadAddress }],
    onProgress,
  );
  const end = loadAddress + file.size;
  return { kind: "flat", entry: loadAddress, start: loadAddress, end };
}

async function loadElfKernel(
  file: GuestFile,
  memory: GuestMemory,
  { ram, onProgress }: KernelOptions,
): Promise<LoadedKernel> {
  const { segments, start, end, entry } = readElf(file, ram);
  const copies = segments.map(({ offset, fileSize, physAddr }) => (
    { offset, length: fileSize, address: physAddr }
  ));
  await copyToMemory(file, memory, copies, onProgress);
  return { kind: "elf", entry, start, end };
}

async function loadImage(
  file: GuestFile,
  head: Uint8Array,
  memory: GuestMemory,
  { ram, onProgress }: KernelOptions,
): Promise<LoadedKernel> {
  const header = parseImageHeader(file.name, head);
  checkImageSize(file.name, header, file.size);
  const start = placeImage(header, ram);
  const size = Math.max(file.size, header.imageSize);
  checkFits(file.name, start, size, ram);
  await copyToMemory(file, memory, [{ offset: 0, length: file.size, address: start }], onProgress);
  return { kind: "image", entry: start, start, end: start + size, header };
}

/** Loads an Image that is compressed with gzip, each piece as it comes. */
async function loadCompressed(
  file: GuestFile,
  memory: GuestMemory,
  { ram, onProgress }: KernelOptions,
): Promise<LoadedKernel> {
  let header: ImageHeader | undefined;
  let start = 0, size = 0;
  for await (const piece of gunzip(file, HEAD_SIZE, onProgress)) {
    if (header === undefined) {
      header = parsePackedHeader(file.name, piece);
      start = placeImage(header, ram);
      checkFits(file.name, start, header.imageSize, ram);
    }
    checkFits(file.name, start, size + piece.length, ram);
    memory.write(start + size, piece);
    size += piece.length;
  }
  if (header === undefined) throw packsSomethingElse(file.name);
  checkImageSize(file.name, header, size);
  const end = start + Math.max(size, header.imageSize);
  return { kind: "image", entry: start, start, end, header };
}

/** The header of an Image that comes out of a compressed file. */
function parsePackedHeader(name: string, head: Uint8Array): ImageHeader {
  if (guestKind(head) !== "image") throw packsSomethingElse(name);
  return parseImageHeader(name, head);
}

function packsSomethingElse(name: string): GuestFileError {
  return new GuestFileError(
    `${name} is compressed with gzip, and holds no arm64 Linux Image; unpack it first`,
  );
}

/**
 * Where an Image goes: behind the room for a device tree. But a kernel that can
 * make no use of memory below it (before Linux 4.6) goes as low as it can.
 */
function placeImage({ textOffset, isPlacedAnywhere }: ImageHeader, ram: Room): number {
  return ram.start + (isPlacedAnywhere ? DEVICE_TREE_ROOM : 0) + textOffset;
}

function checkFits(name: string, start: number, size: number, ram: Room): void {
  if (start >= ram.end) throw misplaced(name, start, ram);
  if (size <= ram.end - start) return;
  throw new GuestFileError(
    `${name} takes ${size} bytes from ${hex(start)} on, and RAM ends at ${hex(ram.end - 1)}; ` +
      "give the guest more with --memory",
  );
}

function misplaced(name: string, start: number, ram: Room): GuestFileError {
  return new GuestFileError(
    `${name} goes to ${hex(start)}, and RAM is from ${hex(ram.start)} to ${hex(ram.end - 1)}`,
  );
}
