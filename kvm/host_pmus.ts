/** The performance monitoring units of the host's CPUs: where there are several kinds of CPU, each kind has one of its own. */

import { parseCpuList } from "../vm/cpu_list.ts";
import { readFolder, readText } from "./file.ts";

/** A kind's. */
export interface HostPmu {
  /** The kernel's number for it. */
  readonly type: number;
  /** The CPUs that have it. */
  readonly cpus: readonly number[];
}

/** Where to look (Linux Documentation/ABI/testing/sysfs-bus-event_source-devices). */
const SYSFS = "/sys/bus/event_source/devices";
/** More than any of these files has, in bytes. */
const LONGEST = 4096;

/**
 * Finds them. A PMU of CPUs has a file `cpus` (Linux drivers/perf/arm_pmu.c); what
 * counts other things has none.
 *
 * @returns None if the host does not tell.
 */
export function hostPmus(root = SYSFS): HostPmu[] {
  const read = (name: string, file: string) => readText(`${root}/${name}/${file}`, LONGEST).trim();
  return readFolder(root).sort().flatMap((name) => {
    const cpus = read(name, "cpus");
    return cpus === "" ? [] : [{ type: Number(read(name, "type")), cpus: parseCpuList(cpus) }];
  });
}
