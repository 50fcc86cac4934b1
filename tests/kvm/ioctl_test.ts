/** Compares the ioctl numbers with the kernel's header, and with documented literals. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { device, ioctlNumber, system, vcpu, vm } from "../../kvm/ioctl.ts";
import { wrongExpectations } from "../c_assertions.ts";
import { headerTest } from "../toolchain.ts";

for (const [name, group] of Object.entries({ system, vm, vcpu, device })) {
  headerTest(`the ${name} ioctls have the numbers of linux/kvm.h`, () => {
    assertEquals(wrongExpectations(Object.entries(group)), "");
  });
}

headerTest("the comparison with the header refuses a wrong ioctl number", () => {
  assertStringIncludes(wrongExpectations([["KVM_RUN", 0xae81]]), `Orchid says ${0xae81}`);
});

headerTest("ioctlNumber does what _IOC does", () => {
  const cases = [[0, 0xae, 0x80, 0], [1, 0xae, 0x46, 32], [2, 0x54, 1, 8191], [3, 0xff, 0xff, 12]];
  assertEquals(
    wrongExpectations(cases.map(([direction = 0, type = 0, number = 0, size = 0]) => [
      `(unsigned)_IOC(${direction}, ${type}, ${number}, ${size})`,
      ioctlNumber(direction, type, number, size),
    ])),
    "",
  );
});

Deno.test("ioctlNumber is never negative", () => {
  assertEquals(ioctlNumber(3, 0xae, 0xe0, 12), 0xc00caee0);
});

// As strace shows them.
const literals: [string, number, number][] = [
  ["KVM_GET_API_VERSION", system.KVM_GET_API_VERSION, 0xae00],
  ["KVM_CREATE_VM", system.KVM_CREATE_VM, 0xae01],
  ["KVM_CHECK_EXTENSION", system.KVM_CHECK_EXTENSION, 0xae03],
  ["KVM_GET_VCPU_MMAP_SIZE", system.KVM_GET_VCPU_MMAP_SIZE, 0xae04],
  ["KVM_CREATE_VCPU", vm.KVM_CREATE_VCPU, 0xae41],
  ["KVM_SET_USER_MEMORY_REGION", vm.KVM_SET_USER_MEMORY_REGION, 0x4020ae46],
  ["KVM_REGISTER_COALESCED_MMIO", vm.KVM_REGISTER_COALESCED_MMIO, 0x4010ae67],
  ["KVM_ARM_PREFERRED_TARGET", vm.KVM_ARM_PREFERRED_TARGET, 0x8020aeaf],
  ["KVM_CREATE_DEVICE", vm.KVM_CREATE_DEVICE, 0xc00caee0],
  ["KVM_RUN", vcpu.KVM_RUN, 0xae80],
  ["KVM_GET_ONE_REG", vcpu.KVM_GET_ONE_REG, 0x4010aeab],
  ["KVM_SET_ONE_REG", vcpu.KVM_SET_ONE_REG, 0x4010aeac],
  ["KVM_ARM_VCPU_INIT", vcpu.KVM_ARM_VCPU_INIT, 0x4020aeae],
  ["KVM_GET_REG_LIST", vcpu.KVM_GET_REG_LIST, 0xc008aeb0],
  ["KVM_SET_DEVICE_ATTR", device.KVM_SET_DEVICE_ATTR, 0x4018aee1],
];

for (const [name, actual, documented] of literals) {
  Deno.test(`${name} is 0x${documented.toString(16)}`, () => {
    assertEquals(actual, documented);
  });
}
