/** The host's CPUs, by sysfs, and which of them a thread may run on. */

import { MOST_CPUS, parseCpuList } from "../vm/cpu_list.ts";
import { type CpuKind, cpuKind, cpuKindName } from "./cpu_kinds.ts";
import { type Advice, SystemCallError } from "./errno.ts";
import { readFile } from "./file.ts";
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

/** What a file says, without its last newline; nothing if there is none or it says nothing. */
function read(path: string): string | undefined {
  try {
    return new TextDecoder().decode(readFile(path, LONGEST)).trim() || undefined;
  } catch (error) {
    if (error instanceof SystemCallError) return undefined;
    throw error;
  }
}

/**
 * The CPUs that are online, in order (Linux
 * Documentation/ABI/testing/sysfs-devices-system-cpu: online, midr_el1,
 * cpu_capacity).
 *
 * @returns None if the host does not tell.
 */
export function hostCpus(root = SYSFS, cpuinfo = CPUINFO): HostCpu[] {
  const online = read(`${root}/online`);
  if (online === undefined) return [];
  let kinds: Map<number, CpuKind> | undefined;
  return parseCpuList(online).map((id) => {
    const midr = read(`${root}/cpu${id}/regs/identification/midr_el1`);
    // Without sysfs's file (before Linux 4.8) there is only what people read.
    const kind = midr !== undefined && /^0x[0-9a-f]+$/.test(midr)
      ? cpuKind(BigInt(midr))
      : (kinds ??= cpuinfoKinds(read(cpuinfo) ?? "")).get(id);
    return {
      id,
      kind: kind && cpuKindName(kind),
      // Nobody asks where all are of one kind.
      get capacity() {
        const capacity = Number(read(`${root}/cpu${id}/cpu_capacity`));
        return capacity > 0 ? capacity : undefined;
      },
    };
  });
}

/** The kinds in /proc/cpuinfo, by CPU (Linux arch/arm64/kernel/cpuinfo.c, `c_show`). */
function cpuinfoKinds(text: string): Map<number, CpuKind> {
  const kinds = new Map<number, CpuKind>();
  for (const block of text.split(/\n(?=processor\b)/)) {
    const field = (name: string) => {
      const value = new RegExp(`^${name}\\s*:\\s*(\\w+)`, "m").exec(block)?.[1];
      return value === undefined ? NaN : Number(value);
    };
    const id = field("processor"), part = field("CPU part");
    if (!isNaN(id) && !isNaN(part)) {
      kinds.set(id, { implementer: field("CPU implementer"), part });
    }
  }
  return kinds;
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
  syscall("sched_getaffinity", BigInt(tid), BigInt(mask.length), mask, null, advice);
  const cpus: number[] = [];
  // Most bytes are of CPUs that no host has.
  for (const [i, byte] of mask.entries()) {
    for (let bit = 0; byte >> bit > 0; bit++) if (byte >> bit & 1) cpus.push(8 * i + bit);
  }
  return cpus;
}
