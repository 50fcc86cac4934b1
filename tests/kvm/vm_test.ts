/** Tests a VM's memory slots and vCPUs, and what is said when the kernel refuses them. */

import { assertEquals, assertThrows } from "@std/assert";
import { SystemCallError } from "../../kvm/errno.ts";
import { KvmSystem } from "../../kvm/system.ts";
import { KVM_CAP_COALESCED_MMIO } from "../../kvm/uapi.ts";
import { onePage, withVm } from "../kvm_vcpu.ts";
import { kvmTest } from "../test_case.ts";

const bytes = () => onePage().bytes(0x1_0000, 0x1000);

kvmTest("KvmVm.setUserMemoryRegion refuses two regions at one address", () => {
  withVm((vm) => {
    vm.setUserMemoryRegion({ slot: 0, guestPhysAddr: 0x1_0000, bytes: bytes(), readOnly: false });
    const again = { slot: 1, guestPhysAddr: 0x1_0000, bytes: bytes(), readOnly: true };
    const error = assertThrows(() => vm.setUserMemoryRegion(again), SystemCallError);
    assertEquals(
      error.message,
      "KVM_SET_USER_MEMORY_REGION failed: EEXIST; another region is at these addresses",
    );
  });
});

kvmTest("KvmVm.setUserMemoryRegion refuses a region that is not on a page", () => {
  withVm((vm) => {
    const odd = { slot: 0, guestPhysAddr: 0x1_0010, bytes: bytes(), readOnly: false };
    const error = assertThrows(() => vm.setUserMemoryRegion(odd), SystemCallError);
    assertEquals(
      error.message,
      "KVM_SET_USER_MEMORY_REGION failed: EINVAL; the region must be whole host pages, " +
        "inside the guest's address space",
    );
  });
});

kvmTest("KvmVm.registerCoalescedMmio says whether the kernel offers that", () => {
  using system = KvmSystem.open();
  const offered = system.checkExtension(KVM_CAP_COALESCED_MMIO) > 0;
  withVm((vm) => assertEquals(vm.registerCoalescedMmio(0x996, 1), offered));
});

kvmTest("KvmVm.createVcpu refuses a second vCPU of one number", () => {
  withVm((vm) => {
    using _first = vm.createVcpu(0);
    const error = assertThrows(() => vm.createVcpu(0), SystemCallError);
    assertEquals(error.message, "KVM_CREATE_VCPU failed: EEXIST");
  });
});

kvmTest("KvmVm.createVcpu makes several", () => {
  withVm((vm) => {
    using first = vm.createVcpu(0);
    using second = vm.createVcpu(1);
    for (const vcpu of [first, second]) vcpu.init();
    assertEquals(first.getRegList(), second.getRegList());
  });
});
