/** The interrupt controller in the kernel: a GICv3 with its ITS, or a GICv2 where the host has that. */

import type { Gic, GicPlaces } from "../vm/contract.ts";
import { OrchidError } from "../vm/error.ts";
import type { Trace } from "../vm/trace.ts";
import { Block } from "./block.ts";
import { setAttribute32, setAttribute64, triggerAttribute } from "./device_attr.ts";
import { type Advice, Errno, SystemCallError } from "./errno.ts";
import { vm } from "./ioctl.ts";
import { errno, libc } from "./libc.ts";
import { kvm_create_device } from "./structs.ts";
import {
  KVM_CREATE_DEVICE_TEST,
  KVM_DEV_ARM_VGIC_CTRL_INIT,
  KVM_DEV_ARM_VGIC_GRP_ADDR,
  KVM_DEV_ARM_VGIC_GRP_CTRL,
  KVM_DEV_ARM_VGIC_GRP_NR_IRQS,
  KVM_DEV_TYPE_ARM_VGIC_ITS,
  KVM_DEV_TYPE_ARM_VGIC_V2,
  KVM_DEV_TYPE_ARM_VGIC_V3,
  KVM_VGIC_ITS_ADDR_TYPE,
  KVM_VGIC_V2_ADDR_TYPE_CPU,
  KVM_VGIC_V2_ADDR_TYPE_DIST,
  KVM_VGIC_V3_ADDR_TYPE_DIST,
  KVM_VGIC_V3_ADDR_TYPE_REDIST,
  KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION,
} from "./uapi.ts";

/** The host has no interrupt controller that a guest can use. */
export class GicError extends OrchidError {}

/** INTIDs: 32 private ones for each vCPU, and 224 shared. A multiple of 32. */
const INTERRUPTS = 256;

/** In the attribute of a redistributor region: how many redistributors are in it. */
const REDIST_REGION_COUNT_SHIFT = 52n;

const addressAdvice: Advice = {
  E2BIG: "the address is outside the guest's address space",
  ENXIO: "this host's GIC cannot be given to guests",
};

/**
 * The most modern GIC that the host can give to a guest.
 *
 * @throws {GicError} if it has none.
 */
export function gicVersion(vmFd: number): Gic["version"] {
  if (createDevice(vmFd, KVM_DEV_TYPE_ARM_VGIC_V3, KVM_CREATE_DEVICE_TEST) !== undefined) return 3;
  if (createDevice(vmFd, KVM_DEV_TYPE_ARM_VGIC_V2, KVM_CREATE_DEVICE_TEST) !== undefined) return 2;
  throw new GicError(
    "this host has no GIC that guests can use (neither GICv3 nor GICv2): see dmesg | grep -i vgic",
  );
}

/** A GIC, and what is to be done to it once all vCPUs are there. */
export class KvmGic implements Gic {
  readonly version: Gic["version"];
  readonly its: boolean;
  /** Of the GIC and of its ITS; the kernel keeps both for as long as the VM lives. */
  readonly #fds: number[];
  readonly #trace: Trace;

  /** Makes it, in the VM `vmFd`, before any vCPU runs. @throws {SystemCallError | GicError} if the host cannot. */
  constructor(vmFd: number, places: GicPlaces, trace: Trace) {
    this.version = gicVersion(vmFd);
    this.#trace = trace;
    const isV3 = this.version === 3;
    const gic = makeDevice(vmFd, isV3 ? KVM_DEV_TYPE_ARM_VGIC_V3 : KVM_DEV_TYPE_ARM_VGIC_V2);
    this.#fds = [gic];
    if (isV3) placeV3(gic, places);
    else placeV2(gic, places);
    const nrIrqs = { fd: gic, group: KVM_DEV_ARM_VGIC_GRP_NR_IRQS, attr: 0 };
    setAttribute32({ ...nrIrqs, name: "KVM_DEV_ARM_VGIC_GRP_NR_IRQS" }, INTERRUPTS);
    const its = isV3 ? createDevice(vmFd, KVM_DEV_TYPE_ARM_VGIC_ITS) : undefined;
    this.its = its !== undefined;
    if (its !== undefined) {
      this.#fds.push(its);
      place(its, "KVM_VGIC_ITS_ADDR_TYPE", KVM_VGIC_ITS_ADDR_TYPE, BigInt(places.its));
    }
    trace.note(`Create GICv${this.version}${this.its ? " with ITS" : ""}, fd is ${gic}`);
  }

  init(): void {
    for (const fd of this.#fds) {
      triggerAttribute({
        fd,
        group: KVM_DEV_ARM_VGIC_GRP_CTRL,
        attr: KVM_DEV_ARM_VGIC_CTRL_INIT,
        name: "KVM_DEV_ARM_VGIC_CTRL_INIT",
      });
    }
    this.#trace.note(`GICv${this.version} is ready, with ${INTERRUPTS} interrupts`);
  }

  [Symbol.dispose](): void {
    for (const fd of this.#fds.splice(0)) libc().close(fd);
  }
}

function placeV2(fd: number, { distributor, cpuInterface }: GicPlaces): void {
  place(fd, "KVM_VGIC_V2_ADDR_TYPE_DIST", KVM_VGIC_V2_ADDR_TYPE_DIST, BigInt(distributor));
  place(fd, "KVM_VGIC_V2_ADDR_TYPE_CPU", KVM_VGIC_V2_ADDR_TYPE_CPU, BigInt(cpuInterface));
}

function placeV3(fd: number, { distributor, redistributors }: GicPlaces): void {
  place(fd, "KVM_VGIC_V3_ADDR_TYPE_DIST", KVM_VGIC_V3_ADDR_TYPE_DIST, BigInt(distributor));
  const [only, ...more] = redistributors;
  if (only !== undefined && more.length === 0) {
    // Kernels before 4.18 know only this way, and no GIC may be told both.
    place(fd, "KVM_VGIC_V3_ADDR_TYPE_REDIST", KVM_VGIC_V3_ADDR_TYPE_REDIST, BigInt(only.base));
    return;
  }
  redistributors.forEach(({ base, count }, index) => {
    const value = BigInt(count) << REDIST_REGION_COUNT_SHIFT | BigInt(base) | BigInt(index);
    const name = "KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION";
    place(fd, name, KVM_VGIC_V3_ADDR_TYPE_REDIST_REGION, value);
  });
}

function place(fd: number, name: string, attr: number, address: bigint): void {
  setAttribute64({ fd, group: KVM_DEV_ARM_VGIC_GRP_ADDR, attr, name }, address, addressAdvice);
}

/** A device's file descriptor (0 for a test); nothing if the host has no such device. */
function createDevice(vmFd: number, type: number, flags = 0): number | undefined {
  const argument = new Block(kvm_create_device).set("type", type).set("flags", flags);
  if (libc().ioctlPointer(vmFd, vm.KVM_CREATE_DEVICE, argument.pointer) === 0) {
    return argument.get("fd");
  }
  const code = errno();
  if (code !== Errno.ENODEV && code !== Errno.EINVAL) {
    throw new SystemCallError("KVM_CREATE_DEVICE", code);
  }
}

/** As createDevice, for one that the host has said to have. */
function makeDevice(vmFd: number, type: number): number {
  const fd = createDevice(vmFd, type);
  if (fd === undefined) throw new GicError(`KVM_CREATE_DEVICE gave no device of type ${type}`);
  return fd;
}
