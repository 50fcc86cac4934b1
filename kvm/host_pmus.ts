/** The performance monitoring units of the host's CPUs: where there are several kinds of CPU, each kind has one of its own. */

import { parseCpuList } from "../vm/cpu_list.ts";
import { SystemCallError } from "./errno.ts";
import { readFile, readFolder } from "./file.ts";

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
  const read = (path: string) => new TextDecoder().decode(readFile(path, LONGEST)).trim();
  const ifThere = <T>(action: () => T): T[] => {
    try {
      return [action()];
    } catch (error) {
      if (error instanceof SystemCallError) return [];
      throw error;
    }
  };
  const names = ifThere(() => readFolder(root)).flat();
  return names.sort().flatMap((name) =>
    ifThere(() => ({
      cpus: parseCpuList(read(`${root}/${name}/cpus`)),
      type: Number(read(`${root}/${name}/type`)),
    }))
  );
}
