/** Registers tests that need a PMU for the guest. */

import { KvmSystem } from "../kvm/system.ts";
import { KVM_CAP_ARM_PMU_V3 } from "../kvm/uapi.ts";
import { hasKvm, testsThatNeed } from "./test_case.ts";

function canGivePmu(): boolean {
  if (!hasKvm) return false;
  using system = KvmSystem.open();
  return system.checkExtension(KVM_CAP_ARM_PMU_V3) > 0;
}

/** Whether this host's KVM gives guests one: by its own word, not by what Orchid finds. */
export const hasPmu = canGivePmu();

/** Registers a test that uses one. */
export const pmuTest = testsThatNeed("arm64 Linux with /dev/kvm, and a PMU", hasPmu);
