/** Chooses what executes the guest's instructions. */

import { SystemCallError } from "../kvm/errno.ts";
import { LibcError } from "../kvm/libc.ts";
import { KvmSystem, KvmUnavailableError } from "../kvm/system.ts";
import type { System } from "../vm/contract.ts";
import { silent, type Trace } from "../vm/trace.ts";

/** What executes the guest: the kernel's KVM, the software CPU, or the best there is. */
export type Accel = "auto" | "kvm" | "soft";

/**
 * Opens a source of virtual machines. `auto` takes KVM where the host is arm64
 * Linux and /dev/kvm opens, else the software CPU; `kvm` never falls back.
 *
 * @param onFallback Told why KVM is not to be had, when `auto` goes without.
 * @throws {KvmUnavailableError} if the host is not an arm64 Linux, or its KVM is not the stable one.
 * @throws {SystemCallError} if /dev/kvm cannot be opened.
 * @throws {LibcError} if libc cannot be called.
 */
export async function openSystem(
  accel: Accel = "auto",
  trace: Trace = silent,
  onFallback: (why: string) => void = () => {},
): Promise<System> {
  if (accel === "soft") return await openSoft(trace);
  if (accel === "kvm") return KvmSystem.open(trace);
  try {
    return KvmSystem.open(trace);
  } catch (error) {
    if (!isAboutKvm(error)) throw error;
    onFallback(error.message);
    return await openSoft(trace);
  }
}

/** The software CPU, whose many modules are not loaded where KVM does the work. */
async function openSoft(trace: Trace): Promise<System> {
  const { SoftSystem } = await import("../soft/soft_system.ts");
  return new SoftSystem(trace);
}

/** Whether an error says that KVM is not to be had here, which is no error of the program's. */
function isAboutKvm(error: unknown): error is Error {
  return error instanceof KvmUnavailableError || error instanceof SystemCallError ||
    error instanceof LibcError;
}
