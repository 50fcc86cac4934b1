/** Lists of the host's CPUs as people and the kernel write them: `4-7,1` (Linux Documentation/admin-guide/cputopology.rst). */

import { OrchidError } from "./error.ts";

/** A list of CPUs that is none; the message follows what was written. */
export class CpuListError extends OrchidError {}

/** More than any kernel has (Linux arch/x86/Kconfig and arch/arm64/Kconfig, NR_CPUS). */
export const MOST_CPUS = 8192;

/**
 * A list of CPUs: numbers and ranges, with commas between.
 *
 * @returns The CPUs' numbers, in the order of the list.
 * @throws {CpuListError} if it is none, or names a CPU twice.
 */
export function parseCpuList(text: string): number[] {
  const seen = new Set<number>();
  for (const part of text.split(",")) {
    const [, first = "", last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (first === "") throw new CpuListError("is no list of CPUs; lists are like 4-7 or 0,2,4-7");
    const [from, to] = [Number(first), Number(last)];
    if (Math.max(from, to) >= MOST_CPUS) {
      throw new CpuListError(`names a CPU beyond ${MOST_CPUS - 1}, more than any host has`);
    }
    if (from > to) throw new CpuListError(`has a range that runs backwards: write ${to}-${from}`);
    for (let cpu = from; cpu <= to; cpu++) {
      if (seen.has(cpu)) throw new CpuListError(`names CPU ${cpu} twice`);
      seen.add(cpu);
    }
  }
  return [...seen];
}

/** CPUs as a list, ascending. */
export function formatCpuList(cpus: readonly number[]): string {
  const ranges: [from: number, to: number][] = [];
  for (const cpu of cpus.toSorted((a, b) => a - b)) {
    const range = ranges.at(-1);
    if (range !== undefined && range[1] === cpu - 1) range[1] = cpu;
    else ranges.push([cpu, cpu]);
  }
  return ranges.map(([from, to]) => from === to ? `${from}` : `${from}-${to}`).join(",");
}
