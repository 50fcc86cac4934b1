/** Puts what a virt machine runs into its memory: the kernel, the initrd, and the device tree that tells it where it is. */

import {
  DEVICE_TREE_ROOM,
  loadInitrd,
  placeDeviceTree,
  placeInitrd,
} from "../boot/beside_kernel.ts";
import { completeDeviceTree, type Completion } from "../boot/complete_device_tree.ts";
import type { Progress } from "../boot/copy.ts";
import { decodeDeviceTree, decodeMemoryReservations } from "../boot/device_tree_reader.ts";
import { encodeDeviceTree } from "../boot/device_tree_writer.ts";
import { type GuestFile, GuestFileError, readAll } from "../boot/guest_file.ts";
import type { Room } from "../boot/elf_file.ts";
import { type LoadedKernel, loadKernel } from "../boot/kernel.ts";
import type { GuestMemory } from "../vm/guest_memory.ts";
import type { Trace } from "../vm/trace.ts";
import { hex } from "./esr.ts";
import { VIRT_RAM_BASE } from "./virt_layout.ts";
import { virtDeviceTree, type VirtTreeOptions } from "./virt_tree.ts";

/** What a virt machine runs. */
export interface VirtGuest {
  /** An arm64 Linux Image, plain or compressed with gzip, an ELF file, or a flat binary. */
  readonly kernel: GuestFile;
  /** The initial RAM disk. */
  readonly initrd?: GuestFile;
  /** The kernel's command line. */
  readonly append?: string;
  /** A flattened device tree to use instead of the machine's own; memory, command line and initrd are filled in. */
  readonly dtb?: GuestFile;
  /** Where a flat binary goes; 512 KiB from the start of RAM unless given. A guest physical address. */
  readonly loadAddress?: number;
  /** The first instruction, a guest physical address, where the kernel does not begin with it. */
  readonly entry?: number;
  /** Told of a file's bytes as they are loaded. */
  readonly onProgress?: (file: GuestFile) => Progress;
  /** Given the device tree as the guest gets it (flattened). */
  readonly onDeviceTree?: (bytes: Uint8Array<ArrayBuffer>) => void;
}

/** What the device tree has to say about the machine itself. */
export type VirtHardware = Pick<VirtTreeOptions, "memory" | "cpus" | "gic" | "pmu" | "virtioMmio">;

/** What is in memory, and where. */
export interface LoadedFiles {
  readonly ram: Room;
  readonly kernel: LoadedKernel;
  readonly initrd?: Room;
}

/** Where a machine with that much RAM has it. */
function ramOf(size: number): Room {
  return { start: VIRT_RAM_BASE, end: VIRT_RAM_BASE + size };
}

/**
 * Loads a guest's files, all at once, while the caller does something else.
 *
 * @param ramSize In bytes.
 * @throws {GuestFileError} if they are not what they should be, or do not fit.
 */
export async function loadFiles(
  memory: GuestMemory,
  ramSize: number,
  guest: VirtGuest,
  trace: Trace,
): Promise<LoadedFiles> {
  const { kernel: file, initrd: initrdFile, loadAddress } = guest;
  const ram = ramOf(ramSize);
  const onProgress = guest.onProgress?.(file);
  const loading = loadKernel(file, memory, { ram, loadAddress, onProgress });
  // A person is shown one after the other.
  if (guest.onProgress !== undefined) await loading;
  const loadingToo = initrdFile &&
    loadInitrd(initrdFile, memory, ram, loading, guest.onProgress?.(initrdFile));
  const [kernel, initrd] = await Promise.all([loading, loadingToo]);
  trace.step(`Load ${file.name}, ${file.size} bytes at ${hex(kernel.start)}`);
  if (initrdFile !== undefined && initrd !== undefined) {
    trace.note(`Load ${initrdFile.name}, ${initrdFile.size} bytes at ${hex(initrd.start)}`);
  }
  return { ram, kernel, initrd };
}

/**
 * The device tree (flattened) of a guest whose files may still be on their way into memory.
 *
 * @throws {DeviceTreeError | GuestFileError} if the guest's own is none.
 */
export function deviceTree(guest: VirtGuest, hardware: VirtHardware): Uint8Array<ArrayBuffer> {
  const ram = ramOf(hardware.memory);
  const initrd = guest.initrd && placeInitrd(guest.initrd, ram);
  const chosen = { bootargs: guest.append, initrd };
  return guest.dtb === undefined
    ? encodeDeviceTree(virtDeviceTree({ ...hardware, ...chosen }))
    : fillIn(guest.dtb, { ...chosen, memory: { base: ram.start, size: hardware.memory } });
}

/**
 * Writes the device tree into memory beside the files.
 *
 * @returns Where it is.
 * @throws {RoomError} if there is no room.
 */
export function writeDeviceTree(
  memory: GuestMemory,
  tree: Uint8Array,
  files: LoadedFiles,
  trace: Trace,
): number {
  const address = placeDeviceTree(files);
  memory.write(address, tree);
  trace.note(`Write the device tree, ${tree.length} bytes at ${hex(address)}`);
  return address;
}

/** A device tree from a file, with what this machine has to say filled in. */
function fillIn(file: GuestFile, completion: Completion): Uint8Array<ArrayBuffer> {
  if (file.size > DEVICE_TREE_ROOM) {
    throw new GuestFileError(`${file.name} has ${file.size} bytes, too many for a device tree`);
  }
  const bytes = readAll(file);
  const root = completeDeviceTree(decodeDeviceTree(bytes, file.name), completion);
  const memoryReservations = decodeMemoryReservations(bytes, file.name);
  return encodeDeviceTree(root, { anyNames: true, memoryReservations });
}
