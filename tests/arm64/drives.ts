/** Drives of the box, in files or on block devices of the host's: what is written there stays. */

import { resolve } from "@std/path";

/** One of them. */
export interface Drive {
  /** The file or block device. */
  path: string;
  /** Nothing is ever written. */
  readOnly?: boolean;
}

/** What the box needs for them. */
export const DRIVE_MODULES = ["virtio_blk"];

const LETTERS = "abcdefghijklmnopqrstuvwxyz";

/** How the box names a drive, by its place in the row: /dev/vda, ... /dev/vdz, /dev/vdaa ... */
export function driveName(index: number): string {
  let suffix = "";
  for (let left = index; left >= 0; left = Math.floor(left / LETTERS.length) - 1) {
    suffix = LETTERS[left % LETTERS.length] + suffix;
  }
  return `/dev/vd${suffix}`;
}

/** Options for QEMU that give the box these drives, in this order. */
export function driveOptions(drives: readonly Drive[]): string[] {
  return drives.flatMap(({ path, readOnly = false }) => {
    // QEMU runs in a folder of its own, and takes a comma for the end of the name unless it is doubled.
    const file = resolve(path).replaceAll(",", ",,");
    const settings = `format=raw,if=virtio,discard=unmap,readonly=${readOnly ? "on" : "off"}`;
    return ["-drive", `file=${file},${settings}`];
  });
}
