/** What Linux tells of a process in /proc: its CPU time, and its memory with and without the guest's. */

import { BenchmarkError } from "./process.ts";

/** How many ticks of CPU time there are in a second: USER_HZ (times(2)). */
const TICKS_PER_SECOND = 100;
/** Fields of /proc/PID/stat behind the name (proc(5)): user and system time of all threads, in ticks. */
const UTIME = 11, STIME = 12;

/** The CPU time of a process in seconds, from its /proc/PID/stat. */
export function cpuSeconds(stat: string): number {
  // The name may have spaces and parentheses in it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND;
}

/** Resident memory in KiB. */
export interface Resident {
  /** The guest's RAM. */
  readonly guest: number;
  /** Everything else. */
  readonly rest: number;
}

/** A mapping in smaps, up to where it says how much of it is resident: permissions and sizes in KiB. */
const MAPPING = /^[0-9a-f]+-[0-9a-f]+ (.{4}) .*\nSize:\s+(\d+) kB\n(?:[^R].*\n)*Rss:\s+(\d+) kB$/gm;

/**
 * How much of a process is resident, from its /proc/PID/smaps.
 *
 * Guest RAM is one mapping in Orchid as in QEMU: memory of at least its size, to
 * read and write and not to execute, as V8's own is. Others may be as large on
 * paper, but no other has so much in it.
 *
 * @param ram The size of guest RAM in KiB.
 */
export function residentIn(smaps: string, ram: number): Resident {
  let [guest, all] = [0, 0];
  for (const [, permissions, size, resident] of smaps.matchAll(MAPPING)) {
    all += Number(resident);
    const isRam = Number(size) >= ram && permissions!.startsWith("rw-");
    if (isRam) guest = Math.max(guest, Number(resident));
  }
  return { guest, rest: all - guest };
}

/** The most that was resident of a process, in KiB, from its /proc/PID/status. */
export function peakIn(status: string): number {
  const peak = status.match(/^VmHWM:\s+(\d+) kB$/m)?.[1];
  if (peak === undefined) throw new BenchmarkError("the process has no VmHWM: it has ended");
  return Number(peak);
}
