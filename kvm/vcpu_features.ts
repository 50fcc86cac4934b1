/** What a vCPU can be made to have beyond the least, and how it is asked for. */

import type { VcpuFeatures } from "../vm/contract.ts";
import {
  KVM_ARM_VCPU_PMU_V3,
  KVM_ARM_VCPU_POWER_OFF,
  KVM_ARM_VCPU_PSCI_0_2,
  KVM_ARM_VCPU_PTRAUTH_ADDRESS,
  KVM_ARM_VCPU_PTRAUTH_GENERIC,
  KVM_ARM_VCPU_SVE,
  KVM_CAP_ARM_PTRAUTH_ADDRESS,
  KVM_CAP_ARM_PTRAUTH_GENERIC,
  KVM_CAP_ARM_SVE,
} from "./uapi.ts";

/** The bits of `features[0]` of struct kvm_vcpu_init. */
export function featureBits(
  { powerOff, pmu, hostExtensions }: VcpuFeatures,
  has: (capability: number) => boolean,
): number {
  // The kernel gives both kinds of pointer authentication or refuses.
  const hasPointerAuthentication = has(KVM_CAP_ARM_PTRAUTH_ADDRESS) &&
    has(KVM_CAP_ARM_PTRAUTH_GENERIC);
  const wanted: [boolean | undefined, number][] = [
    [true, KVM_ARM_VCPU_PSCI_0_2],
    [powerOff, KVM_ARM_VCPU_POWER_OFF],
    [pmu, KVM_ARM_VCPU_PMU_V3],
    [hostExtensions && has(KVM_CAP_ARM_SVE), KVM_ARM_VCPU_SVE],
    [hostExtensions && hasPointerAuthentication, KVM_ARM_VCPU_PTRAUTH_ADDRESS],
    [hostExtensions && hasPointerAuthentication, KVM_ARM_VCPU_PTRAUTH_GENERIC],
  ];
  return wanted.reduce((bits, [isWanted, bit]) => isWanted ? bits | 1 << bit : bits, 0);
}
