/** Reads from the table of `--stats` how often the guest stopped. */

import { exitReasonName, KVM_EXIT_INTR } from "../vm/exit.ts";
import { BenchmarkError } from "./process.ts";

/** A row of an exit reason: as exitReasonName says it, and how often there was one. */
const ROW = /^(KVM_EXIT_\w+|exit reason \d+) +(\d+)$/gm;

/**
 * How many exits of vCPUs the table tells of.
 *
 * KVM_EXIT_INTR is none of them: on the virt machine it is the thread of the
 * devices that has waited for exits in vain, while the vCPUs ran on.
 *
 * @throws {BenchmarkError} if there is no such table in what was said.
 */
export function exitsIn(said: string): number {
  const rows = [...said.matchAll(ROW)].filter(([, name]) => name !== exitReasonName(KVM_EXIT_INTR));
  if (rows.length === 0) throw new BenchmarkError(`no exits are told of in: ${said.trim()}`);
  return rows.reduce((sum, [, , count]) => sum + Number(count), 0);
}
