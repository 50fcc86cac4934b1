/** Tests a live vCPU's registers by name, and its exits. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { SystemCallError } from "../../kvm/errno.ts";
import { registerId, registerName, registerSize } from "../../kvm/registers.ts";
import type { KvmVcpu } from "../../kvm/vcpu.ts";
import { DEFERRED_WRITES, KVM_EXIT_INTR, KVM_EXIT_MMIO } from "../../vm/exit.ts";
import { KvmSystem } from "../../kvm/system.ts";
import { TinyMachine } from "../../machine/tiny.ts";
import { guestCode } from "../guest_run.ts";
import { flat, waitAtDevice } from "../guests/programs.ts";
import { withVcpu, withVm } from "../kvm_vcpu.ts";
import { openFiles } from "../open_files.ts";
import { kvmTest } from "../test_case.ts";

/** Numbers that differ in every byte. */
const pattern = (size: number, seed: number) =>
  Array.from({ length: size }, (_, i) => BigInt((seed * 16 + i * 7 + 1) & 0xff))
    .reduce((all, byte) => all << 8n | byte, 0n);

/** Writes all registers, then reads them all. */
function readBack(vcpu: KvmVcpu, values: [name: string, value: bigint][]): [string, bigint][] {
  for (const [name, value] of values) vcpu.setOneReg(registerId(name), value);
  return values.map(([name]) => [name, vcpu.getOneReg(registerId(name))]);
}

const families: [what: string, values: [string, bigint][]][] = [
  ["x0 to x30", Array.from({ length: 31 }, (_, i) => [`x${i}`, pattern(8, i)])],
  ["v0 to v31, all 128 bits", Array.from({ length: 32 }, (_, i) => [`v${i}`, pattern(16, i)])],
  ["the stack pointers and pc", [
    ["sp", pattern(8, 1)],
    ["sp_el1", pattern(8, 2)],
    ["pc", 0xffff_ffff_ffff_fffcn],
  ]],
  ["the exception registers", [
    ["elr_el1", pattern(8, 3)],
    ["spsr_el1", 0x6000_03c5n],
    ["vbar_el1", 0x1234_5678_9abc_d800n],
    ["far_el1", pattern(8, 4)],
    ["esr_el1", 0xf200_0996n],
  ]],
  ["pstate", [["pstate", 0xf000_03c5n]]],
  ["fpsr and fpcr", [["fpsr", 0x0800_009fn], ["fpcr", 0x07c0_0000n]]],
  ["thread and translation registers", [
    ["tpidr_el0", pattern(8, 5)],
    ["tpidrro_el0", pattern(8, 6)],
    ["tpidr_el1", pattern(8, 7)],
    ["ttbr0_el1", pattern(8, 8)],
    ["mair_el1", pattern(8, 9)],
  ]],
  ["the virtual timer's compare value", [["cntv_cval_el0", 0x1234_5678_9abc_def0n]]],
];

for (const [what, values] of families) {
  kvmTest(`KvmVcpu reads back what it wrote to ${what}`, () => {
    withVcpu((vcpu) => assertEquals(readBack(vcpu, values), values));
  });
}

kvmTest("KvmVcpu reads PSCI 0.2 or later", () => {
  withVcpu((vcpu) => assert(vcpu.getOneReg(registerId("psci_version")) >= 2n));
});

kvmTest("KvmVcpu.getRegList lists registers whose names lead back to them", () => {
  withVcpu((vcpu) => {
    const list = vcpu.getRegList();
    assert(list.length > 100);
    assertEquals(list.map((id) => registerId(registerName(id))), list);
  });
});

kvmTest("KvmVcpu.getRegList lists no register twice", () => {
  withVcpu((vcpu) => {
    const list = vcpu.getRegList();
    assertEquals(new Set(list).size, list.length);
  });
});

kvmTest("KvmVcpu.getRegList lists registers that can all be read", () => {
  withVcpu((vcpu) => {
    for (const id of vcpu.getRegList()) {
      assert(vcpu.getOneReg(id) < 1n << BigInt(8 * registerSize(id)), registerName(id));
    }
  });
});

kvmTest("KvmVcpu.getRegList lists the core registers by these names", () => {
  withVcpu((vcpu) => {
    const names = new Set(vcpu.getRegList().map(registerName));
    const some = ["x0", "x30", "sp", "pc", "pstate", "sp_el1", "elr_el1", "spsr_el1", "v0", "v31"];
    assertEquals(some.filter((name) => !names.has(name)), []);
  });
});

for (const method of ["getOneReg", "setOneReg"] as const) {
  kvmTest(`KvmVcpu.${method} names a register that the host does not have`, () => {
    withVcpu((vcpu) => {
      const call = () => vcpu[method](registerId("s3_7_c15_c15_7"), 0n);
      const error = assertThrows(call, SystemCallError);
      const ioctl = method === "getOneReg" ? "KVM_GET_ONE_REG" : "KVM_SET_ONE_REG";
      assertEquals(
        error.message,
        `${ioctl} s3_7_c15_c15_7 failed: ENOENT; this host has no such register`,
      );
    });
  });
}

kvmTest("KvmVcpu.init resets the registers", () => {
  withVcpu((vcpu) => {
    vcpu.setOneReg(registerId("x5"), 1n);
    vcpu.init();
    assertEquals(vcpu.getOneReg(registerId("x5")), 0n);
  });
});

kvmTest("KvmVcpu.init leaves the guest at EL1 with exceptions masked", () => {
  withVcpu((vcpu) => assertEquals(vcpu.getOneReg(registerId("pstate")), 0x3c5n));
});

kvmTest("KvmVcpu.run needs init first", () => {
  withVm((vm) => {
    using vcpu = vm.createVcpu(0);
    assertThrows(() => vcpu.run(), Error, "KVM_ARM_VCPU_INIT first");
  });
});

kvmTest("KvmVcpu.interruptEvery makes run come back from a guest that never exits", () => {
  using system = KvmSystem.open();
  using machine = new TinyMachine(system, { program: guestCode("silence") });
  machine.vcpu.interruptEvery(5);
  const reasons = Array.from({ length: 3 }, () => machine.vcpu.run().reason);
  machine.vcpu.interruptEvery(0);
  assertEquals(reasons, [KVM_EXIT_INTR, KVM_EXIT_INTR, KVM_EXIT_INTR]);
});

kvmTest("KvmVcpu.run gives a write that waited in the kernel before what came after it", () => {
  using system = KvmSystem.open();
  using machine = new TinyMachine(system, { program: flat(waitAtDevice) });
  const exits = Array.from({ length: 2 }, () => {
    const exit = machine.vcpu.run();
    assert(exit.reason === DEFERRED_WRITES || exit.reason === KVM_EXIT_MMIO);
    return [exit.reason, exit.physAddr, exit.len, exit.isWrite];
  });
  assertEquals(exits, [[DEFERRED_WRITES, 0x996, 1, true], [KVM_EXIT_MMIO, 0x2000, 1, false]]);
});

kvmTest("KvmVcpu and KvmVm close what they have opened", () => {
  withVcpu(() => {});
  const before = openFiles();
  withVcpu(() => {});
  assertEquals(openFiles(), before);
});
