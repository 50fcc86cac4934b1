/** Guest memory: the one door to it, by guest physical address, checked. */

import { OrchidError } from "./error.ts";

/** An access to guest memory that is not all inside one region. */
export class GuestMemoryError extends OrchidError {}

/** A stretch of guest physical addresses with memory behind it. */
export interface GuestRegion {
  /** The guest physical address of the first byte. */
  readonly base: number;
  /** Its length in bytes. */
  readonly size: number;
  /** Whether the guest may only read it. The host may always write. */
  readonly readOnly: boolean;
}

const WASM_PAGE = 0x1_0000;
/** The host's larger pages, on arm64 with the usual small ones. In bytes. */
const LARGE_PAGE = 0x20_0000;
/** Room behind the guest's memory, out of its reach, where a software CPU keeps its state next to what it works on. In bytes. */
export const HOST_ROOM = 0x10_0000;
/** As far as a memory with 32-bit addresses reaches. */
const WASM32_LIMIT = 2 ** 32;
/** And as far as V8 lets one with 64-bit addresses reach (v8, src/wasm/wasm-limits.h). */
const WASM64_LIMIT = 2 ** 34;

/** Where memory comes from that guests see as the host does. */
export interface MemoryHost {
  /** The host's address of the first byte. */
  hostAddress(bytes: Uint8Array): bigint;
  /** As much zeroed memory as that, which stays until the process ends: for sizes that no WebAssembly.Memory has. */
  mapMemory(size: number): ArrayBuffer;
}

/** A region, and how far its bytes in the buffer are from their guest physical addresses. */
interface PlacedRegion extends GuestRegion {
  readonly shift: number;
}

const hex = (value: number) => `0x${value.toString(16)}`;

/**
 * The memory of one guest: regions of guest physical addresses, all in one
 * shared WebAssembly.Memory, because every isolate can see that, atomics work
 * on it, its pages never move, and the kernel takes them as a VM's memory. Only
 * what is too large for one is mapped memory of the host's.
 *
 * All access is by guest physical address, and every address with its length
 * is checked against the regions: a number from the guest can do no more harm
 * than a GuestMemoryError.
 */
export class GuestMemory {
  /** Where there is memory. */
  readonly regions: readonly GuestRegion[];
  /** What holds all of it; nothing if it is too large. */
  readonly memory?: WebAssembly.Memory;
  /** All of its bytes, by their offsets ({@linkcode find}). */
  readonly all: Uint8Array<SharedArrayBuffer>;
  /** The same, for numbers of any size and alignment. */
  readonly view: DataView<SharedArrayBuffer>;
  /** The same, for 16-bit numbers that atomics work on. */
  readonly halves: Uint16Array<SharedArrayBuffer>;
  readonly #placed: readonly PlacedRegion[];

  /**
   * Allocates zeroed memory. Pages cost nothing until they are touched.
   *
   * @param regions By address; no two may overlap.
   * @param host Where regions shall be such that large pages of the host's can stand for large pages of the guest's.
   * @throws {GuestMemoryError} if the host does not give that much.
   */
  constructor(
    regions: readonly GuestRegion[],
    host?: MemoryHost,
  ) {
    this.regions = regions;
    const unit = host === undefined ? WASM_PAGE : LARGE_PAGE;
    // How far the memory's first byte will be from such an address is not known yet.
    const { end } = place(regions, unit, 0);
    const pages = Math.ceil((end + unit - WASM_PAGE + HOST_ROOM) / WASM_PAGE);
    const size = pages * WASM_PAGE;
    const isMapped = size > WASM64_LIMIT && host !== undefined;
    if (!isMapped) this.memory = allocate(pages);
    // Mapped memory is shared with the kernel, whatever its type is called: atomics work on it as well.
    const buffer = (this.memory?.buffer ?? host!.mapMemory(size)) as unknown as SharedArrayBuffer;
    this.all = new Uint8Array(buffer);
    const ahead = Number((host?.hostAddress(this.all) ?? 0n) % BigInt(unit));
    this.#placed = place(regions, unit, ahead).placed;
    this.view = new DataView(buffer);
    this.halves = new Uint16Array(buffer);
  }

  /** Whether `length` bytes from `address` on are all inside one region. */
  contains(address: number, length: number): boolean {
    return this.#regionOf(address, length) !== undefined;
  }

  /**
   * The bytes from `address` on, as a view: writing to it writes guest memory.
   *
   * @throws {GuestMemoryError} if they are not all inside one region.
   */
  bytes(address: number, length: number): Uint8Array<SharedArrayBuffer> {
    const at = this.#locate(address, length);
    return this.all.subarray(at, at + length);
  }

  /** Copies bytes into guest memory. @throws {GuestMemoryError} if they do not fit inside one region. */
  write(address: number, bytes: Uint8Array): void {
    this.all.set(bytes, this.#locate(address, bytes.length));
  }

  /** A little-endian 32-bit word. @throws {GuestMemoryError} if it is not inside a region. */
  readUint32(address: number): number {
    return this.view.getUint32(this.#locate(address, 4), true);
  }

  /** Writes a little-endian 32-bit word. @throws {GuestMemoryError} if it is not inside a region. */
  writeUint32(address: number, value: number): void {
    this.view.setUint32(this.#locate(address, 4), value, true);
  }

  /** A little-endian 64-bit word. @throws {GuestMemoryError} if it is not inside a region. */
  readUint64(address: number): bigint {
    return this.view.getBigUint64(this.#locate(address, 8), true);
  }

  /** Writes a little-endian 64-bit word. @throws {GuestMemoryError} if it is not inside a region. */
  writeUint64(address: number, value: bigint): void {
    this.view.setBigUint64(this.#locate(address, 8), value, true);
  }

  /**
   * Where `length` bytes from `address` on are in the memory's buffer, if the
   * guest may write all of them: for what the guest itself asks to be read and
   * written, over and over, where an error would be no exception.
   *
   * @returns -1 if they are not all inside one such region.
   */
  find(address: number, length: number): number {
    const region = this.#regionOf(address, length);
    return region === undefined || region.readOnly ? -1 : address + region.shift;
  }

  #locate(address: number, length: number): number {
    const region = this.#regionOf(address, length);
    if (region === undefined) {
      throw new GuestMemoryError(
        `there is no guest memory at ${hex(address)} for ${length} bytes`,
      );
    }
    return address + region.shift;
  }

  #regionOf(address: number, length: number): PlacedRegion | undefined {
    // Also false for NaN and for numbers that are not whole.
    if (!Number.isSafeInteger(address) || !Number.isSafeInteger(length) || length < 0) return;
    // A device may ask for every piece of what a guest hands over.
    for (const region of this.#placed) {
      if (address >= region.base && length <= region.base + region.size - address) return region;
    }
  }
}

/**
 * Puts regions one behind the other, each as far into a page of `unit` bytes as
 * it is for the guest.
 *
 * @param ahead How far into such a page the memory begins.
 */
function place(
  regions: readonly GuestRegion[],
  unit: number,
  ahead: number,
): { placed: PlacedRegion[]; end: number } {
  let end = 0;
  const placed = regions.map((region) => {
    const gap = ((region.base - ahead - end) % unit + unit) % unit;
    const shift = end + gap - region.base;
    end = region.base + region.size + shift;
    return { ...region, shift };
  });
  return { placed, end };
}

/** A shared WebAssembly memory of that many pages, with 64-bit addresses where 32 bits do not reach. */
function allocate(pages: number): WebAssembly.Memory {
  // The types of memories with 64-bit addresses are not in TypeScript's library yet.
  const descriptor = pages * WASM_PAGE < WASM32_LIMIT
    ? { initial: pages, maximum: pages, shared: true }
    : { address: "i64", initial: BigInt(pages), maximum: BigInt(pages), shared: true };
  try {
    return new WebAssembly.Memory(descriptor as WebAssembly.MemoryDescriptor);
  } catch {
    throw new GuestMemoryError(`the host does not give ${pages * WASM_PAGE} bytes of guest memory`);
  }
}
