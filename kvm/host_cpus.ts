/** The host's CPUs, and which of them a thread may run on. */

import { MOST_CPUS } from "../vm/cpu_list.ts";
import { cpuKindName } from "./cpu_kinds.ts";
import type { Advice } from "./errno.ts";
import { readText } from "./file.ts";
import { syscall } from "./syscall.ts";

/** A CPU that is online. */
export interface HostCpu {
  /** Its number. */
  readonly id: number;
  /** Its kind by name, such as `Cortex-A76`; nothing if the host does not tell. */
  readonly kind?: string;
  /** How much it gets done compared to the host's best, which has 1024; nothing if the host does not tell. */
  readonly capacity?: number;
}

/** Where to look; the kernel's own places unless told otherwise. */
const SYSFS = "/sys/devices/system/cpu";
const CPUINFO = "/proc/cpuinfo";

/** More than /proc/cpuinfo has for the most CPUs, in bytes. */
const LONGEST = 64 * 2 ** 20;

/**
 * The CPUs that are online, in order. One file tells of all of them: sysfs has two
 * for each, which a guest would wait for (`midr_el1` and `cpu_capacity` of Linux
 * Documentation/ABI/testing/sysfs-devices-system-cpu). Its lines are those of Linux
 * arch/arm64/kernel/cpuinfo.c, `c_show`.
 *
 * @returns None if the host does not tell.
 */
export function hostCpus(root = SYSFS, cpuinfo = CPUINFO): HostCpu[] {
  const found: { id: number; implementer: number; part: number }[] = [];
  for (const line of readText(cpuinfo, LONGEST).split("\n")) {
    const colon = line.indexOf(":");
    const field = line.slice(0, colon).trimEnd(), value = parseInt(line.slice(colon + 1));
    if (field === "processor") found.push({ id: value, implementer: NaN, part: NaN });
    const last = found.at(-1);
    if (last === undefined) continue;
    if (field === "CPU part") last.part = value;
    else if (field === "CPU implementer") last.implementer = value;
  }
  return found.map(({ id, implementer, part }) => ({
    id,
    kind: isNaN(implementer) || isNaN(part) ? undefined : cpuKindName({ implementer, part }),
    // Nobody asks where all are of one kind.
    get capacity() {
      const capacity = Number(readText(`${root}/cpu${id}/cpu_capacity`, LONGEST));
      return capacity > 0 ? capacity : undefined;
    },
  }));
}

/** A bit for each CPU. */
const MASK_BYTES = MOST_CPUS / 8;

const advice: Advice = {
  EINVAL: "none of these CPUs is online, or this process may not use them",
  EPERM: "the thread is another user's",
};

/**
 * Lets a thread run on these CPUs only (sched_setaffinity(2)).
 *
 * @param tid As gettid gave it to the thread; 0 for the caller.
 * @throws {SystemCallError} if none of them is online and allowed to this process.
 */
export function setAffinity(tid: number, cpus: readonly number[]): void {
  const mask = new Uint8Array(MASK_BYTES);
  for (const cpu of cpus) mask[cpu >> 3]! |= 1 << (cpu & 7);
  syscall("sched_setaffinity", BigInt(tid), BigInt(mask.length), mask, null, advice);
}

/**
 * The CPUs that a thread may run on (sched_getaffinity(2)).
 *
 * @param tid As gettid gave it to the thread; 0 for the caller.
 */
export function getAffinity(tid: number): number[] {
  const mask = new Uint8Array(MASK_BYTES);
  const size = BigInt(mask.length);
  const told = Number(syscall("sched_getaffinity", BigInt(tid), size, mask, null, advice));
  const cpus: number[] = [];
  for (const [i, byte] of mask.subarray(0, told).entries()) {
    for (let bit = 0; byte >> bit > 0; bit++) if (byte >> bit & 1) cpus.push(8 * i + bit);
  }
  return cpus;
}
