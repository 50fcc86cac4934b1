/** What is made anew for each start of a virt machine: the virtual machine, its vCPUs and its interrupt controller. */

import type { Gic, SmpSystem, SmpVcpu, SmpVm } from "../vm/contract.ts";
import type { GuestMemory } from "../vm/guest_memory.ts";
import {
  FIRST_PPI_INTID,
  GIC_DISTRIBUTOR,
  GICV2_CPU_INTERFACE,
  GICV3_ITS,
  PMU_PPI,
  type Range,
  REDISTRIBUTOR_SIZE,
  VIRT_RAM_BASE,
} from "./virt_layout.ts";
import { VirtMachineError } from "./virt_limits.ts";
import type { VirtGic } from "./virt_tree_gic.ts";
import { redistributorRegions } from "./redistributors.ts";

/** Memory slots. */
const RAM_SLOT = 0;

/** Guest physical addresses have so many bits unless more are needed: every KVM knows that size. */
const USUAL_ADDRESS_BITS = 40;

/** A GICv2 has eight CPU interfaces. */
const GICV2_MOST_VCPUS = 8;

/** What kind of virtual machine. */
export interface VirtVmOptions {
  readonly memory: GuestMemory;
  /** The size of RAM in bytes. */
  readonly ramSize: number;
  readonly vcpus: number;
  readonly pmu: boolean;
  /** Which of the host's PMUs is behind it, by its type; the kernel's choice unless given. */
  readonly hostPmu?: number;
}

/** A virtual machine with RAM, vCPUs that have been reset, and a GIC that is ready. */
export class VirtVm implements Disposable {
  readonly vm: SmpVm;
  readonly vcpus: readonly SmpVcpu[];
  readonly gic: Gic;
  readonly #redistributors: readonly Range[];
  readonly #made: DisposableStack;

  /** @throws {OrchidError} if the host cannot give all that. */
  constructor(system: SmpSystem, options: VirtVmOptions) {
    const { memory, ramSize, pmu, hostPmu } = options;
    this.#redistributors = redistributorRegions(options.vcpus, ramSize);
    using made = new DisposableStack();
    const bits = Math.max(USUAL_ADDRESS_BITS, Math.ceil(Math.log2(this.#end(ramSize))));
    const vm = this.vm = made.use(system.createVm(memory.memory, bits));
    // All of them before the first is reset, and before the GIC, which has a part for each.
    this.vcpus = Array.from({ length: options.vcpus }, (_, id) => made.use(vm.createVcpu(id)));
    if (vm.gicVersion() === 2 && options.vcpus > GICV2_MOST_VCPUS) {
      throw new VirtMachineError(
        `${options.vcpus} vCPUs cannot be: this host has a GICv2, which serves ${GICV2_MOST_VCPUS}`,
      );
    }
    this.gic = made.use(vm.createGic({
      distributor: GIC_DISTRIBUTOR.base,
      cpuInterface: GICV2_CPU_INTERFACE.base,
      redistributors: this.#redistributors.map(({ base, size }) => ({
        base,
        count: size / REDISTRIBUTOR_SIZE,
      })),
      its: GICV3_ITS.base,
    }));
    this.vcpus.forEach((vcpu, id) => vcpu.init({ powerOff: id > 0, pmu, hostExtensions: true }));
    this.gic.init();
    if (pmu) this.vcpus.forEach((vcpu) => vcpu.initPmu(FIRST_PPI_INTID + PMU_PPI, hostPmu));
    vm.setUserMemoryRegion({
      slot: RAM_SLOT,
      guestPhysAddr: VIRT_RAM_BASE,
      bytes: memory.bytes(VIRT_RAM_BASE, ramSize),
      readOnly: false,
    });
    this.#made = made.move();
  }

  /** What the device tree says about the GIC. */
  get gicDescription(): VirtGic {
    return this.gic.version === 2
      ? { version: 2 }
      : { version: 3, redistributors: this.#redistributors, its: this.gic.its };
  }

  /** The end of all guest physical addresses that something is at. */
  #end(ramSize: number): number {
    const ends = this.#redistributors.map(({ base, size }) => base + size);
    return Math.max(VIRT_RAM_BASE + ramSize, ...ends);
  }

  [Symbol.dispose](): void {
    this.#made.dispose();
  }
}
