/** How a vCPU's number is spread over the affinity fields of its MPIDR_EL1. */

/** The affinity fields: KVM puts 16 vCPUs into a group (Linux arch/arm64/kvm/sys_regs.c, reset_mpidr). */
export function mpidrAffinity(vcpuId: number): number {
  return (vcpuId & 0xf) | ((vcpuId >> 4 & 0xff) << 8) | ((vcpuId >> 12 & 0xff) << 16);
}
