/** Chooses which of the host's CPUs run which vCPU. */

import type { HostCpu } from "../kvm/host_cpus.ts";
import { formatCpuList } from "../vm/cpu_list.ts";
import { OrchidError } from "../vm/error.ts";

/** A CPU was asked for that the host does not have. */
export class CpuChoiceError extends OrchidError {}

/** Which CPUs may run which vCPU. */
export interface CpuChoice {
  /** For each vCPU the CPUs that it may run on; nothing if it may run on any. */
  readonly sets?: readonly (readonly number[])[];
  /** What was chosen and why, if nobody asked for it. */
  readonly note?: string;
}

/**
 * Chooses CPUs for vCPUs: those that were asked for; else, on a host with more
 * than one kind, CPUs of one kind, because a vCPU that moves between kinds
 * shows the guest another CPU. Those are the kind of the highest capacity that
 * has a CPU for each vCPU, or the kind with the most.
 *
 * CPUs that were asked for are given out one for each vCPU, in order, if there
 * are enough; else every vCPU may run on all of them. CPUs of a kind are shared
 * anyway, so that two machines do not wait for one CPU while others are idle.
 *
 * @param vcpus How many.
 * @param wanted The numbers of the CPUs that were asked for.
 * @throws {CpuChoiceError} if one of those is not online.
 */
export function chooseCpus(
  cpus: readonly HostCpu[],
  vcpus: number,
  wanted?: readonly number[],
): CpuChoice {
  if (wanted !== undefined) {
    checkOnline(cpus, wanted);
    const each = wanted.length >= vcpus;
    return { sets: Array.from({ length: vcpus }, (_, i) => each ? [wanted[i]!] : [...wanted]) };
  }
  const kinds = [...Map.groupBy(cpus, ({ kind }) => kind)]
    .map(([name = "CPUs of an unknown kind", members]) => ({ name, members }))
    // The kind that is preferred first.
    .sort((a, b) => capacity(b.members) - capacity(a.members));
  if (kinds.length < 2) return {};
  const most = Math.max(...kinds.map(({ members }) => members.length));
  const { name, members } = kinds.find(({ members }) => members.length >= vcpus) ??
    kinds.find(({ members }) => members.length === most)!;
  const ids = members.map(({ id }) => id);
  const note = `the host has CPUs of ${kinds.length} kinds, and a guest must not move between ` +
    `them: it runs on ${name}, CPUs ${formatCpuList(ids)}; choose others with --cpus`;
  return { sets: Array.from({ length: vcpus }, () => ids), note };
}

/** How much the best of these CPUs gets done; where the host does not tell, later CPUs usually are better ones. */
function capacity(cpus: readonly HostCpu[]): number {
  return Math.max(...cpus.map(({ id, capacity = id }) => capacity));
}

function checkOnline(cpus: readonly HostCpu[], wanted: readonly number[]): void {
  const online = cpus.map(({ id }) => id);
  // A host that tells nothing lets nothing be checked; the kernel will.
  const missing = online.length === 0 ? [] : wanted.filter((cpu) => !online.includes(cpu));
  if (missing.length === 0) return;
  throw new CpuChoiceError(
    `the host has no CPU ${formatCpuList(missing)} that is online; there is: ` +
      formatCpuList(online),
  );
}
