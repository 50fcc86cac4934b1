/** The ioctl numbers of KVM under their uapi names, grouped by the file descriptor they go to. */

import type { CType } from "./struct.ts";
import { u32 } from "./struct.ts";
import * as s from "./structs.ts";

// The fields of an ioctl number, from bit 0 up: number, type, size of the argument, direction (asm-generic/ioctl.h).
const TYPE_SHIFT = 8;
const SIZE_SHIFT = 16;
const DIRECTION_SHIFT = 30;
const WRITE = 1; // userspace writes, the kernel reads
const READ = 2;

/** The type of every KVM ioctl. */
const KVMIO = 0xae;

/** Puts an ioctl number together. */
export function ioctlNumber(direction: number, type: number, number: number, size: number): number {
  return ((direction << DIRECTION_SHIFT) | (size << SIZE_SHIFT) | (type << TYPE_SHIFT) | number) >>>
    0;
}

const IO = (number: number) => ioctlNumber(0, KVMIO, number, 0);
const IOR = (number: number, argument: CType) => ioctlNumber(READ, KVMIO, number, argument.size);
const IOW = (number: number, argument: CType) => ioctlNumber(WRITE, KVMIO, number, argument.size);
const IOWR = (number: number, argument: CType) =>
  ioctlNumber(READ | WRITE, KVMIO, number, argument.size);

/** ioctls on /dev/kvm. */
export const system = {
  KVM_GET_API_VERSION: IO(0x00),
  KVM_CREATE_VM: IO(0x01),
  KVM_CHECK_EXTENSION: IO(0x03),
  KVM_GET_VCPU_MMAP_SIZE: IO(0x04),
} as const;

/** ioctls on a VM. */
export const vm = {
  KVM_CREATE_VCPU: IO(0x41),
  KVM_SET_USER_MEMORY_REGION: IOW(0x46, s.kvm_userspace_memory_region),
  KVM_IRQ_LINE: IOW(0x61, s.kvm_irq_level),
  KVM_REGISTER_COALESCED_MMIO: IOW(0x67, s.kvm_coalesced_mmio_zone),
  KVM_UNREGISTER_COALESCED_MMIO: IOW(0x68, s.kvm_coalesced_mmio_zone),
  KVM_IRQFD: IOW(0x76, s.kvm_irqfd),
  KVM_IOEVENTFD: IOW(0x79, s.kvm_ioeventfd),
  KVM_ENABLE_CAP: IOW(0xa3, s.kvm_enable_cap),
  KVM_SIGNAL_MSI: IOW(0xa5, s.kvm_msi),
  KVM_ARM_PREFERRED_TARGET: IOR(0xaf, s.kvm_vcpu_init),
  KVM_CREATE_DEVICE: IOWR(0xe0, s.kvm_create_device),
} as const;

/** ioctls on a vCPU. */
export const vcpu = {
  KVM_RUN: IO(0x80),
  KVM_GET_MP_STATE: IOR(0x98, s.kvm_mp_state),
  KVM_SET_MP_STATE: IOW(0x99, s.kvm_mp_state),
  KVM_SET_GUEST_DEBUG: IOW(0x9b, s.kvm_guest_debug),
  KVM_GET_VCPU_EVENTS: IOR(0x9f, s.kvm_vcpu_events),
  KVM_SET_VCPU_EVENTS: IOW(0xa0, s.kvm_vcpu_events),
  KVM_GET_ONE_REG: IOW(0xab, s.kvm_one_reg),
  KVM_SET_ONE_REG: IOW(0xac, s.kvm_one_reg),
  KVM_ARM_VCPU_INIT: IOW(0xae, s.kvm_vcpu_init),
  KVM_GET_REG_LIST: IOWR(0xb0, s.kvm_reg_list),
  KVM_ARM_VCPU_FINALIZE: IOW(0xc2, u32),
} as const;

/** ioctls on an in-kernel device such as the GIC. */
export const device = {
  KVM_SET_DEVICE_ATTR: IOW(0xe1, s.kvm_device_attr),
  KVM_GET_DEVICE_ATTR: IOW(0xe2, s.kvm_device_attr),
  KVM_HAS_DEVICE_ATTR: IOW(0xe3, s.kvm_device_attr),
} as const;
