/** The MMIO bus: which device an address belongs to. */

import { OrchidError } from "../vm/error.ts";
import { type DeferredWrites, KVM_EXIT_MMIO, type MmioExit } from "../vm/exit.ts";
import { type MmioDevice, NOT_YET } from "./device.ts";

/** Two devices at one address, or an address that cannot be. */
export class BusError extends OrchidError {}

/** A device on the bus, and what has happened to it. */
export interface Attachment {
  /** For messages and statistics. */
  readonly name: string;
  /** The guest physical address of its first register. */
  readonly base: number;
  /** How many bytes of addresses it takes. */
  readonly size: number;
  /** The device itself. */
  readonly device: MmioDevice;
  /** Loads answered. */
  reads: number;
  /** Stores taken. */
  writes: number;
  /** How many of these the guest did not stop for. */
  deferred: number;
}

/** Told of accesses that no device claims. */
export type UnclaimedListener = (access: Access) => void;

/** An access, whatever it carries. */
export type Access = Readonly<Pick<MmioExit, "physAddr" | "len" | "isWrite">>;

const hex = (value: number) => `0x${value.toString(16)}`;

// Known to V8 as a constant, which what is imported is not.
const notYet: typeof NOT_YET = NOT_YET;

/** How soon a device that does not say when it can answer is asked again, in milliseconds. */
const RETRY_PERIOD = 1;

/** Stands in for a device where there is none: reads as zero, ignores stores. */
const nothing: MmioDevice = { read: () => 0, write() {} };

/** Stands in for the last device that was accessed where there was none: it claims no address. */
const nowhere: Attachment = {
  name: "",
  base: 0,
  size: 0,
  device: nothing,
  reads: 0,
  writes: 0,
  deferred: 0,
};

/** Carries accesses to the devices that claim them. */
export class MmioBus {
  /** By address. */
  readonly attachments: Attachment[] = [];
  /** Where accesses that no device claims are counted. */
  readonly unclaimed: Attachment = {
    name: "unclaimed",
    base: 0,
    // Found by no search, it needs none; and all sizes are small integers, which V8 compares at once.
    size: 0,
    device: nothing,
    reads: 0,
    writes: 0,
    deferred: 0,
  };
  readonly #onUnclaimed: UnclaimedListener;
  /** The device of the last claimed access: the next one is most likely for it too. */
  #last: Attachment = nowhere;

  /** An empty bus. @param onUnclaimed Told of each access that no device claims. */
  constructor(onUnclaimed: UnclaimedListener = () => {}) {
    this.#onUnclaimed = onUnclaimed;
  }

  /**
   * Puts a device on the bus.
   *
   * @throws {BusError} if another device has any of these addresses.
   */
  attach(name: string, base: number, size: number, device: MmioDevice): void {
    if (!Number.isSafeInteger(base) || !Number.isSafeInteger(size) || base < 0 || size < 1) {
      throw new BusError(`${name} cannot be at ${base} with ${size} bytes`);
    }
    const other = this.attachments.find((a) => base < a.base + a.size && a.base < base + size);
    if (other !== undefined) {
      throw new BusError(
        `${name} at ${hex(base)} (${size} bytes) overlaps ${other.name} at ${hex(other.base)} ` +
          `(${other.size} bytes)`,
      );
    }
    this.attachments.push({ name, base, size, device, reads: 0, writes: 0, deferred: 0 });
    this.attachments.sort((a, b) => a.base - b.base);
  }

  /**
   * Carries one access; a load's answer is put into the exit's data.
   *
   * @returns False if the device cannot answer yet: try the same exit again after {@linkcode progress}.
   */
  access(exit: MmioExit): boolean {
    const to = this.#find(exit);
    const offset = exit.physAddr - to.base;
    if (exit.isWrite) {
      if (!store(to.device, offset, exit.len, exit.data)) return false;
      to.writes++;
    } else {
      if (!load(to.device, offset, exit.len, exit.data)) return false;
      to.reads++;
    }
    return true;
  }

  /** As {@linkcode access}, also for writes that were deferred, as far as their device takes them. */
  carry(exit: MmioExit | DeferredWrites): boolean {
    return exit.reason === KVM_EXIT_MMIO ? this.access(exit) : this.#writeAll(exit);
  }

  #writeAll(exit: DeferredWrites): boolean {
    const { values, end, len } = exit;
    const to = this.#find(exit);
    const { device } = to;
    const offset = exit.physAddr - to.base;
    // The bytes behind a value are another's.
    const mask = len === 1 ? 0xff : len === 2 ? 0xffff : 0xffff_ffff;
    const size = Math.min(len, 4);
    for (; exit.next < end; exit.next++) {
      const isHighHalf = len === 8 && exit.next === end - 1;
      const at = isHighHalf ? offset + 4 : offset;
      const value = (values[exit.next]! & mask) >>> 0;
      if (device.write(at, size, value) === notYet) return false;
      to.writes++;
      to.deferred++;
    }
    return true;
  }

  /** Resolves when the access that was refused last may be tried again. */
  async progress(): Promise<void> {
    const { device } = this.#last;
    if (device.progress !== undefined) await device.progress();
    else await new Promise<void>((resolve) => setTimeout(resolve, RETRY_PERIOD));
  }

  /** The device that claims all of an access. */
  #find(exit: Access): Attachment {
    const last = this.#last;
    return holds(last, exit.physAddr, exit.len) ? last : this.#search(exit);
  }

  #search(exit: Access): Attachment {
    for (const attachment of this.attachments) {
      if (holds(attachment, exit.physAddr, exit.len)) return this.#last = attachment;
    }
    this.#onUnclaimed(exit);
    return this.unclaimed;
  }
}

function holds(a: Attachment, address: number, length: number): boolean {
  return address >= a.base && address + length <= a.base + a.size;
}

function load(device: MmioDevice, offset: number, size: number, data: DataView): boolean {
  if (size === 8) {
    const low = device.read(offset, 4);
    if (low === notYet) return false;
    const high = device.read(offset + 4, 4);
    if (high === notYet) return false;
    data.setUint32(0, low, true);
    data.setUint32(4, high, true);
    return true;
  }
  const value = device.read(offset, size);
  if (value === notYet) return false;
  // The stores take what fits: a device's answer never spills beyond the access.
  if (size === 1) data.setUint8(0, value);
  else if (size === 2) data.setUint16(0, value, true);
  else data.setUint32(0, value, true);
  return true;
}

function store(device: MmioDevice, offset: number, size: number, data: DataView): boolean {
  if (size === 8) return storeHalves(device, offset, data);
  const value = size === 1
    ? data.getUint8(0)
    : size === 2
    ? data.getUint16(0, true)
    : data.getUint32(0, true);
  return device.write(offset, size, value) !== notYet;
}

function storeHalves(device: MmioDevice, offset: number, data: DataView): boolean {
  return device.write(offset, 4, data.getUint32(0, true)) !== notYet &&
    device.write(offset + 4, 4, data.getUint32(4, true)) !== notYet;
}
