/** One virtual machine of the kernel's: its memory slots, and where vCPUs come from. */

import type { GicPlaces, MemoryRegion, Register, SmpVm } from "../vm/contract.ts";
import type { Trace } from "../vm/trace.ts";
import { Block } from "./block.ts";
import { cleanCaches } from "./caches.ts";
import { KvmDoorbell } from "./doorbell.ts";
import type { Advice } from "./errno.ts";
import { gicVersion, KvmGic } from "./gic.ts";
import { KvmInterrupt } from "./interrupt.ts";
import { vm } from "./ioctl.ts";
import { ioctl, ioctlWithNumber, libc } from "./libc.ts";
import {
  kvm_coalesced_mmio_zone,
  kvm_enable_cap,
  kvm_irq_level,
  kvm_userspace_memory_region,
  kvm_vcpu_init,
} from "./structs.ts";
import {
  KVM_ARM_IRQ_TYPE_SHIFT,
  KVM_ARM_IRQ_TYPE_SPI,
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

/** What madvise may make larger pages of, in bytes. */
const LARGE_PAGE = 0x20_0000;
const MADV_HUGEPAGE = 14;

/** The INTID of the first shared peripheral interrupt (GIC architecture specification, 2.2.1). */
const FIRST_SPI_INTID = 32;

/** A virtual machine made by KVM_CREATE_VM. */
export class KvmVm implements SmpVm {
  readonly #fd: number;
  readonly #context: VmContext;
  readonly #coalesces: boolean;
  readonly #vcpus: KvmVcpu[] = [];
  /** Whether there has been anything to collect. */
  #collects = false;
  /** The regions' memory, which must live as long as the kernel maps it. */
  readonly #regions = new Map<number, Uint8Array>();

  /** What wakes others up, or is woken up by them. */
  readonly #made = new DisposableStack();

  /** The slots that have been told of: a region may come and go often. */
  readonly #known = new Set<number>();

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
    const address = Deno.UnsafePointer.of(bytes);
    // Fewer faults and a smaller page table; a host that cannot is none the worse for it.
    if (bytes.length >= LARGE_PAGE) libc().madvise(address, BigInt(bytes.length), MADV_HUGEPAGE);
    const argument = new Block(kvm_userspace_memory_region)
      .set("slot", slot)
      .set("flags", readOnly ? KVM_MEM_READONLY : 0)
      .set("guest_phys_addr", guestPhysAddr)
      .set("memory_size", bytes.byteLength)
      .set("userspace_addr", Deno.UnsafePointer.value(address));
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
    if (this.#known.has(slot)) return;
    this.#known.add(slot);
    if (readOnly) this.#context.trace.note(`Memory region: ${where}, read-only`);
    else this.#context.trace.step(`Set memory region: ${where}`);
  }

  removeUserMemoryRegion(slot: number): void {
    const call = "KVM_SET_USER_MEMORY_REGION";
    const argument = new Block(kvm_userspace_memory_region).set("slot", slot);
    ioctl(this.#fd, call, vm[call], argument.pointer);
    this.#regions.delete(slot);
  }

  registerCoalescedMmio(address: number, size: number): boolean {
    if (!this.#coalesces) return false;
    this.#setZone("KVM_REGISTER_COALESCED_MMIO", address, size);
    this.#collects = true;
    for (const vcpu of this.#vcpus) vcpu.collects = true;
    return true;
  }

  unregisterCoalescedMmio(address: number, size: number): void {
    if (this.#coalesces) this.#setZone("KVM_UNREGISTER_COALESCED_MMIO", address, size);
  }

  gicVersion(): KvmGic["version"] {
    return gicVersion(this.#fd);
  }

  createGic(places: GicPlaces): KvmGic {
    return new KvmGic(this.#fd, places, this.#context.trace);
  }

  setSpi(spi: number, level: boolean): void {
    const irq = KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT | (FIRST_SPI_INTID + spi);
    const argument = new Block(kvm_irq_level).set("irq", irq).set("level", Number(level));
    ioctl(this.#fd, "KVM_IRQ_LINE", vm.KVM_IRQ_LINE, argument.pointer);
  }

  createInterrupt(spi: number): KvmInterrupt {
    return this.#made.use(new KvmInterrupt(this.#fd, spi));
  }

  createDoorbell(register: Register): KvmDoorbell {
    const doorbell = new KvmDoorbell(this.#fd, register);
    this.#made.defer(() => doorbell.abandon());
    return doorbell;
  }

  showPastCaches(bytes: ArrayBufferView): void {
    cleanCaches(bytes);
  }

  createVcpu(id: number): KvmVcpu {
    const fd = ioctlWithNumber(this.#fd, "KVM_CREATE_VCPU", vm.KVM_CREATE_VCPU, id);
    this.#context.trace.step(`Create vCPU ${id}, fd is ${fd}`);
    const vcpu = new KvmVcpu(fd, {
      target: this.#preferredTarget(),
      mmapSize: this.#context.vcpuMmapSize,
      coalesces: this.#coalesces,
      injectsAborts: this.#context.checkExtension(KVM_CAP_ARM_INJECT_EXT_DABT) > 0,
      has: (capability) => this.#context.checkExtension(capability) > 0,
      trace: this.#context.trace,
    });
    vcpu.collects = this.#collects;
    this.#vcpus.push(vcpu);
    return vcpu;
  }

  [Symbol.dispose](): void {
    this.#made.dispose();
    libc().close(this.#fd);
  }

  /** The vCPU target that suits this host; every host since Linux 4.x can do the generic one. */
  #preferredTarget(): number {
    const answer = new Block(kvm_vcpu_init);
    const result = libc().ioctlPointer(this.#fd, vm.KVM_ARM_PREFERRED_TARGET, answer.pointer);
    return result < 0 ? KVM_ARM_TARGET_GENERIC_V8 : answer.get("target");
  }

  #setZone(
    call: "KVM_REGISTER_COALESCED_MMIO" | "KVM_UNREGISTER_COALESCED_MMIO",
    address: number,
    size: number,
  ): void {
    const zone = new Block(kvm_coalesced_mmio_zone).set("addr", address).set("size", size);
    ioctl(this.#fd, call, vm[call], zone.pointer);
  }

  #enableCap(name: string, cap: number): void {
    const argument = new Block(kvm_enable_cap).set("cap", cap);
    ioctl(this.#fd, `KVM_ENABLE_CAP ${name}`, vm.KVM_ENABLE_CAP, argument.pointer);
  }
}
