/** A vCPU of the kernel's that has been reset and nothing more. */

import { KvmSystem } from "../kvm/system.ts";
import type { KvmVcpu } from "../kvm/vcpu.ts";
import type { KvmVm } from "../kvm/vm.ts";
import { GuestMemory } from "../vm/guest_memory.ts";

/** A page of guest memory at 0x10000. */
export function onePage(): GuestMemory {
  return new GuestMemory([{ base: 0x1_0000, size: 0x1000, readOnly: false }]);
}

/** Calls `fn` with a VM without memory. */
export function withVm(fn: (vm: KvmVm) => void): void {
  using system = KvmSystem.open();
  using vm = system.createVm(onePage().memory);
  fn(vm);
}

/** Calls `fn` with a vCPU of such a VM. */
export function withVcpu(fn: (vcpu: KvmVcpu) => void): void {
  withVm((vm) => {
    using vcpu = vm.createVcpu(0);
    vcpu.init();
    fn(vcpu);
  });
}
