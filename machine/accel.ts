/** Chooses what executes the guest's instructions. */

import { checkHost, KvmSystem } from "../kvm/system.ts";
import type { System } from "../vm/contract.ts";
import { silent, type Trace } from "../vm/trace.ts";

/** What executes the guest: `auto` takes the best there is. */
export type Accel = "auto" | "kvm";

/**
 * Opens a source of virtual machines.
 *
 * @throws {KvmUnavailableError} if the host is not an arm64 Linux, or its KVM is not the stable one.
 * @throws {SystemCallError} if /dev/kvm cannot be opened.
 */
export function openSystem(_accel: Accel = "auto", trace: Trace = silent): System {
  checkHost();
  return KvmSystem.open(trace);
}
