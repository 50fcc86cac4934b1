/** One virtual machine of the kernel's: its memory slots, and where vCPUs come from. */

import type { MemoryRegion, Vm } from "../vm/contract.ts";
import type { Trace } from "../vm/trace.ts";
import { Block } from "./block.ts";
import type { Advice } from "./errno.ts";
import { vm } from "./ioctl.ts";
import { ioctl, ioctlWithNumber, libc } from "./libc.ts";
import {
  kvm_coalesced_mmio_zone,
  kvm_enable_cap,
  kvm_userspace_memory_region,
  kvm_vcpu_init,
} from "./structs.ts";
import {
  KVM_ARM_TARGET_GENERIC_V8,
  KVM_CAP_ARM_INJECT_EXT_DABT,
  KVM_CAP_ARM_NISV_TO_USER,
  KVM_CAP_COALESCED_MMIO,
  KVM_MEM_READONLY,
} from "./uapi.ts";
import { KvmVcpu } from "./vcpu.ts";

/** What a VM knows of the system it was made by. */
export interface VmContext {
  readonly vcpuMmapSize: number;
  readonly checkExtension: (capability: number) => number;
  readonly trace: Trace;
}

const regionAdvice: Advice = {
  EINVAL: "the region must be whole host pages, inside the guest's address space",
  EEXIST: "another region is at these addresses",
};

/** A virtual machine made by KVM_CREATE_VM. */
export class KvmVm implements Vm {
  readonly #fd: number;
  readonly #context: VmContext;
  readonly #coalesces: boolean;
  /** The regions' memory, which must live as long as the kernel maps it. */
  readonly #regions = new Map<number, Uint8Array>();

  constructor(fd: number, context: VmContext) {
    this.#fd = fd;
    this.#context = context;
    this.#coalesces = context.checkExtension(KVM_CAP_COALESCED_MMIO) > 0;
    if (context.checkExtension(KVM_CAP_ARM_NISV_TO_USER) > 0) {
      this.#enableCap("KVM_CAP_ARM_NISV_TO_USER", KVM_CAP_ARM_NISV_TO_USER);
    }
  }

  setUserMemoryRegion(region: MemoryRegion): void {
    const { slot, guestPhysAddr, bytes, readOnly } = region;
    const argument = new Block(kvm_userspace_memory_region)
      .set("slot", slot)
      .set("flags", readOnly ? KVM_MEM_READONLY : 0)
      .set("guest_phys_addr", guestPhysAddr)
      .set("memory_size", bytes.byteLength)
      .set("userspace_addr", Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)));
    ioctl(
      this.#fd,
      "KVM_SET_USER_MEMORY_REGION",
      vm.KVM_SET_USER_MEMORY_REGION,
      argument.pointer,
      regionAdvice,
    );
    this.#regions.set(slot, bytes);
    const where = `slot ${slot}, guest address 0x${
      guestPhysAddr.toString(16)
    }, ${bytes.byteLength} bytes`;
    if (readOnly) this.#context.trace.note(`Memory region: ${where}, read-only`);
    else this.#context.trace.step(`Set memory region: ${where}`);
  }

  registerCoalescedMmio(address: number, size: number): boolean {
    if (!this.#coalesces) return false;
    const zone = new Block(kvm_coalesced_mmio_zone).set("addr", address).set("size", size);
    ioctl(
      this.#fd,
      "KVM_REGISTER_COALESCED_MMIO",
      vm.KVM_REGISTER_COALESCED_MMIO,
      zone.pointer,
    );
    return true;
  }

  createVcpu(id: number): KvmVcpu {
    const fd = ioctlWithNumber(this.#fd, "KVM_CREATE_VCPU", vm.KVM_CREATE_VCPU, id);
    this.#context.trace.step(`Create vCPU ${id}, fd is ${fd}`);
    return new KvmVcpu(fd, {
      target: this.#preferredTarget(),
      mmapSize: this.#context.vcpuMmapSize,
      coalesces: this.#coalesces,
      injectsAborts: this.#context.checkExtension(KVM_CAP_ARM_INJECT_EXT_DABT) > 0,
      trace: this.#context.trace,
    });
  }

  [Symbol.dispose](): void {
    libc().close(this.#fd);
  }

  /** The vCPU target that suits this host; every host since Linux 4.x can do the generic one. */
  #preferredTarget(): number {
    const answer = new Block(kvm_vcpu_init);
    const result = libc().ioctlPointer(this.#fd, vm.KVM_ARM_PREFERRED_TARGET, answer.pointer);
    return result < 0 ? KVM_ARM_TARGET_GENERIC_V8 : answer.get("target");
  }

  #enableCap(name: string, cap: number): void {
    const argument = new Block(kvm_enable_cap).set("cap", cap);
    ioctl(this.#fd, `KVM_ENABLE_CAP ${name}`, vm.KVM_ENABLE_CAP, argument.pointer);
  }
}
