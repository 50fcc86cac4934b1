/** The guest's physical memory as the software CPU sees it: which addresses have memory, and where that is in the WebAssembly memory. */

import type { MemoryRegion } from "../vm/contract.ts";
import { OrchidError } from "../vm/error.ts";
import type { PhysicalMemory } from "./mmu.ts";

/** A region cannot be used. */
export class RamError extends OrchidError {}

/** A page of guest memory and what may be done to it, in bytes. */
export const PAGE_SIZE = 0x1000;

/** The regions of one VM. */
export class Ram implements PhysicalMemory {
  readonly #regions: MemoryRegion[] = [];
  readonly #view: DataView;

  /** @param memory What all regions are parts of. */
  constructor(readonly memory: WebAssembly.Memory) {
    this.#view = new DataView(memory.buffer);
  }

  /** Adds a region. @throws {RamError} if it overlaps another, or is not in this memory. */
  add(region: MemoryRegion): void {
    const { guestPhysAddr: base, bytes } = region;
    const overlaps = this.#regions.some((other) =>
      base < other.guestPhysAddr + other.bytes.length && other.guestPhysAddr < base + bytes.length
    );
    if (bytes.buffer !== this.memory.buffer as unknown) {
      throw new RamError("a memory region is not a part of the virtual machine's memory");
    }
    if (overlaps) throw new RamError("another memory region is at these addresses");
    this.#regions.push(region);
  }

  /** Where a physical address is in the WebAssembly memory, or -1 if `length` bytes from there are not all in one region. */
  offsetOf(physAddr: number, length: number): number {
    for (const { guestPhysAddr, bytes } of this.#regions) {
      if (physAddr >= guestPhysAddr && physAddr + length <= guestPhysAddr + bytes.length) {
        return physAddr - guestPhysAddr + bytes.byteOffset;
      }
    }
    return -1;
  }

  /** Whether the guest may write to an address that has memory. */
  isWritable(physAddr: number): boolean {
    return this.#regions.some(({ guestPhysAddr, bytes, readOnly }) =>
      !readOnly && physAddr >= guestPhysAddr && physAddr < guestPhysAddr + bytes.length
    );
  }

  contains(physAddr: number, length: number): boolean {
    return this.offsetOf(physAddr, length) >= 0;
  }

  /** A little-endian word at an address that {@linkcode contains} has approved of. */
  readUint32(physAddr: number): number {
    return this.#view.getUint32(this.offsetOf(physAddr, 4), true);
  }
}
