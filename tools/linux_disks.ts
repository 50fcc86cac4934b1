/**
 * Finds the disks among Orchid's options, and brings them into the ARM box: there a file of the host's
 * is a drive of the box's.
 *
 * @module
 */

import { basename, resolve } from "@std/path";
import { type DiskOption, parseDisks } from "../command/disk.ts";
import { type Drive, driveName } from "../tests/arm64/drives.ts";

const OPTION = "--disk";
/** As much of a serial as virtio carries, in bytes. */
const MOST_SERIAL = 20;

/**
 * Orchid's options, with paths of disks that start at this folder.
 *
 * @throws {UsageError} if a disk makes no sense.
 */
export function disksFrom(folder: string, given: string[]): string[] {
  return mapDisks(given, (disk) => diskText({ ...disk, path: resolve(folder, disk.path) }));
}

/** Orchid's options for the box, and the drives that they name. */
export interface BoxDisks {
  words: string[];
  drives: Drive[];
}

/**
 * Orchid's options, with disks that are drives of the box's.
 *
 * @throws {UsageError} if a disk makes no sense.
 */
export function disksInBox(given: string[]): BoxDisks {
  const drives: Drive[] = [];
  const words = mapDisks(given, (disk) => {
    const path = driveName(drives.push(disk) - 1);
    // The guest knows a disk by its file's name, also where the file has another one.
    return diskText({ ...disk, path, serial: disk.serial ?? serialOf(disk.path) });
  });
  return { words, drives };
}

/** Replaces the values of all `--disk` options. */
function mapDisks(given: string[], map: (disk: DiskOption) => string): string[] {
  const joined = `${OPTION}=`;
  const places = [...given.keys()].filter((i) =>
    given[i]!.startsWith(joined) || given[i - 1] === OPTION
  );
  const prefixOf = (i: number) => given[i - 1] === OPTION ? "" : joined;
  const disks = parseDisks(OPTION, places.map((i) => given[i]!.slice(prefixOf(i).length)));
  const words = [...given];
  for (const [index, i] of places.entries()) words[i] = prefixOf(i) + map(disks[index]!);
  return words;
}

/** A disk as the option's value. */
function diskText({ path, readOnly, serial }: DiskOption): string {
  return path + (readOnly ? ",ro" : "") + (serial === undefined ? "" : `,serial=${serial}`);
}

/** The file's name, where it can be a serial. */
function serialOf(path: string): string | undefined {
  const name = basename(path);
  return new TextEncoder().encode(name).length <= MOST_SERIAL ? name : undefined;
}
