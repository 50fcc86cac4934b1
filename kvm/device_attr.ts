/** Attributes of what the kernel emulates: the GIC, its ITS, a vCPU's PMU. */

import { Block } from "./block.ts";
import type { Advice } from "./errno.ts";
import { device } from "./ioctl.ts";
import { ioctl, libc } from "./libc.ts";
import { kvm_device_attr } from "./structs.ts";
import { struct, u32, u64 } from "./struct.ts";

const u64Value = struct({ value: u64 });
const u32Value = struct({ value: u32 });

/** An attribute's place: a device's or vCPU's file descriptor, group and number, under its uapi name. */
export interface Attribute {
  readonly fd: number;
  readonly group: number;
  readonly attr: number;
  readonly name: string;
}

/** Whether the kernel has the attribute (KVM_HAS_DEVICE_ATTR). */
export function hasAttribute(attribute: Omit<Attribute, "name">): boolean {
  const request = block(attribute);
  return libc().ioctlPointer(attribute.fd, device.KVM_HAS_DEVICE_ATTR, request.pointer) === 0;
}

/** Does what an attribute without a value stands for (KVM_SET_DEVICE_ATTR). @throws {SystemCallError} if the kernel refuses. */
export function triggerAttribute(attribute: Attribute, advice?: Advice): void {
  set(attribute, block(attribute), advice);
}

/** Sets an attribute of 64 bits. @throws {SystemCallError} if the kernel refuses. */
export function setAttribute64(attribute: Attribute, value: bigint, advice?: Advice): void {
  const at = new Block(u64Value).set("value", value);
  set(attribute, block(attribute).set("addr", at.address), advice);
}

/** Sets an attribute of 32 bits. @throws {SystemCallError} if the kernel refuses. */
export function setAttribute32(attribute: Attribute, value: number, advice?: Advice): void {
  const at = new Block(u32Value).set("value", value);
  set(attribute, block(attribute).set("addr", at.address), advice);
}

function block({ group, attr }: Omit<Attribute, "name">): Block<typeof kvm_device_attr.fields> {
  return new Block(kvm_device_attr).set("group", group).set("attr", attr);
}

function set(
  { fd, name }: Attribute,
  request: Block<typeof kvm_device_attr.fields>,
  advice?: Advice,
): void {
  const call = `KVM_SET_DEVICE_ATTR ${name}`;
  ioctl(fd, call, device.KVM_SET_DEVICE_ATTR, request.pointer, advice);
}
