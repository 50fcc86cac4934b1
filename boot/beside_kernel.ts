/** Places what a kernel is given besides itself: the initrd and the device tree (Linux Documentation/arch/arm64/booting.rst). */

import { OrchidError } from "../vm/error.ts";
import type { GuestMemory } from "../vm/guest_memory.ts";
import { copyToMemory, type Progress } from "./copy.ts";
import type { Room } from "./elf_file.ts";
import { type GuestFile, GuestFileError } from "./guest_file.ts";

/** Memory has no room for what has to be there. */
export class RoomError extends OrchidError {}

/** The most that a device tree may take (Linux Documentation/arch/arm64/booting.rst, "Setup the device tree"). In bytes. */
export const DEVICE_TREE_ROOM = 0x20_0000;

const PAGE_SIZE = 0x1000;
/** The initrd and the kernel are in one window of this size, … */
const INITRD_WINDOW = 32 * 2 ** 30;
/** … which begins at a multiple of this. */
const INITRD_WINDOW_ALIGNMENT = 2 ** 30;
/** How far from the kernel's base a kernel before Linux 4.2 can find the device tree, in bytes. */
const OLD_DEVICE_TREE_REACH = 512 * 2 ** 20;

const alignDown = (address: number, alignment: number) => address - address % alignment;

/** The end of what an initrd may be in, of a RAM whose start the kernel is near. */
const highest = (ram: Room) =>
  Math.min(ram.end, alignDown(ram.start, INITRD_WINDOW_ALIGNMENT) + INITRD_WINDOW);

/**
 * Where an initrd goes: as high as it may be. {@linkcode loadInitrd} checks that the kernel is below.
 *
 * @param ram Where RAM is, in guest physical addresses.
 * @returns Nothing if not even RAM has room for it.
 */
export function placeInitrd({ size }: GuestFile, ram: Room): Room | undefined {
  const start = alignDown(highest(ram) - size, PAGE_SIZE);
  return start < ram.start ? undefined : { start, end: start + size };
}

/**
 * Loads an initrd, while the kernel is still being loaded.
 *
 * @param kernel Where the kernel is, once that is known.
 * @returns Where the initrd is.
 * @throws {GuestFileError} if it is empty or does not fit.
 */
export async function loadInitrd(
  file: GuestFile,
  memory: GuestMemory,
  ram: Room,
  kernel: Promise<Room>,
  onProgress?: Progress,
): Promise<Room> {
  const { name, size } = file;
  if (size === 0) throw new GuestFileError(`${name} is empty`);
  const place = placeInitrd(file, ram);
  const copied = place &&
    copyToMemory(file, memory, [{ offset: 0, length: size, address: place.start }], onProgress);
  const [{ end: above }] = await Promise.all([kernel, copied]);
  // If it has overwritten the kernel, that is not going to run.
  if (place !== undefined && place.start >= above) return place;
  throw new GuestFileError(
    `${name} has ${size} bytes, and there is room for ${Math.max(0, highest(ram) - above)} ` +
      "above the kernel; give the guest more with --memory",
  );
}

/** What is in memory when the device tree is placed. */
export interface Occupied {
  readonly ram: Room;
  readonly kernel: Room;
  readonly initrd?: Room;
}

/**
 * Where the device tree goes: to the start of RAM if the kernel leaves 2 MiB
 * free there, else as high below the initrd as every kernel can find it.
 *
 * @returns A guest physical address, a multiple of 2 MiB, with 2 MiB free from there on.
 * @throws {RoomError} if there is no such place.
 */
export function placeDeviceTree({ ram, kernel, initrd }: Occupied): number {
  const lowest = Math.min(kernel.start, initrd?.start ?? ram.end);
  if (lowest - ram.start >= DEVICE_TREE_ROOM) return ram.start;
  const top = initrd?.start ?? ram.end;
  const address = [Math.min(top, ram.start + OLD_DEVICE_TREE_REACH), top]
    .map((end) => alignDown(end, DEVICE_TREE_ROOM) - DEVICE_TREE_ROOM)
    .find((address) => address >= kernel.end);
  if (address !== undefined) return address;
  throw new RoomError(
    "there is no room for the device tree, 2 MiB, beside the kernel and the initrd; " +
      "give the guest more with --memory",
  );
}
