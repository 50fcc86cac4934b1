/** Chooses which of the host's performance monitoring units a guest's are made from. */

import type { HostPmu } from "../kvm/host_pmus.ts";

/** A choice. */
export interface PmuChoice {
  /** The type of the PMU; nothing if the kernel is to choose. */
  readonly hostPmu?: number;
  /** What is wrong with any choice. */
  readonly note?: string;
}

/**
 * Chooses the PMU that all the CPUs have which vCPUs may run on. Left to itself the
 * kernel takes that of the CPU on which the vCPUs are made, and it counts nothing
 * on CPUs of another kind.
 *
 * @param sets For each vCPU the CPUs that it may run on; any unless given.
 */
export function choosePmu(
  pmus: readonly HostPmu[],
  sets?: readonly (readonly number[])[],
): PmuChoice {
  if (pmus.length < 2) return {};
  const cpus = sets?.flat() ?? [];
  const fits = pmus.find((pmu) => cpus.length > 0 && cpus.every((cpu) => pmu.cpus.includes(cpu)));
  if (fits !== undefined) return { hostPmu: fits.type };
  return {
    note: "the guest's PMU counts on host CPUs of one kind only, and it may run on others: " +
      "choose CPUs of one kind with --cpus",
  };
}
