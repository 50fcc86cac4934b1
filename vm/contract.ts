/**
 * What a hypervisor offers to the rest of Orchid, in KVM's words. kvm/ fulfils
 * this with the kernel's; everything above is written once, over these interfaces.
 *
 * @module
 */

import type { Exit } from "./exit.ts";
import type { MemoryHost } from "./guest_memory.ts";

/** The source of virtual machines on this host. */
export interface System extends Disposable {
  /** What executes the guests' instructions. */
  readonly accel: "kvm" | "soft";
  /**
   * Makes a virtual machine without vCPUs.
   *
   * @param memory What all its memory regions will be parts of.
   */
  createVm(memory: WebAssembly.Memory): Vm;
}

/** A piece of guest physical address space with memory behind it (`struct kvm_userspace_memory_region`). */
export interface MemoryRegion {
  /** Which of the VM's slots the region takes. */
  readonly slot: number;
  /** Where the guest sees it; a multiple of the host's page size. */
  readonly guestPhysAddr: number;
  /** Its bytes: whole pages of the memory that the VM was made with. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** The guest's writes do not reach the memory but exit as MMIO (KVM_MEM_READONLY). */
  readonly readOnly: boolean;
}

/** One virtual machine. */
export interface Vm extends Disposable {
  /** Puts a memory region in place (KVM_SET_USER_MEMORY_REGION). */
  setUserMemoryRegion(region: MemoryRegion): void;
  /**
   * Lets writes to a range of addresses wait in a ring instead of exiting
   * (KVM_REGISTER_COALESCED_MMIO). They come out of {@linkcode Runner.run} as
   * {@linkcode DEFERRED_WRITES}: in order, before anything that happened after them,
   * and late by as much as the vCPU stays in the guest.
   *
   * @returns Whether the host offers that.
   */
  registerCoalescedMmio(address: number, size: number): boolean;
  /** Adds a vCPU; it must be run by the thread that made it, or by a thread of {@linkcode VcpuThreads}. */
  createVcpu(id: number): Vcpu;
}

/** What runs guest code: one vCPU on the caller's thread, or several on threads of their own. */
export interface Runner {
  /**
   * Runs the guest until something must be done for it (KVM_RUN).
   *
   * An MMIO read is answered by filling `data` of the exit before running on.
   *
   * @returns What must be done; the object is used again by the next call.
   */
  run(): Exit;
  /**
   * Makes {@linkcode run} return with KVM_EXIT_INTR at least this often.
   *
   * @param milliseconds The period; 0 ends it.
   */
  interruptEvery(milliseconds: number): void;
  /** What there is to tell about how the guest was executed, for a table: names and values. */
  counters?(): readonly Counter[];
}

/** What a vCPU is to be beyond the least that every one is. */
export interface VcpuFeatures {
  /** It waits for another vCPU to start it by PSCI. */
  readonly powerOff?: boolean;
  /** It has a performance monitoring unit. */
  readonly pmu?: boolean;
  /** It has SVE and pointer authentication where the host has them. */
  readonly hostExtensions?: boolean;
}

/** One virtual CPU. */
export interface Vcpu extends Runner, Disposable {
  /** Sets the vCPU to its reset state, with PSCI 0.2 (KVM_ARM_VCPU_INIT). */
  init(features?: VcpuFeatures): void;
  /** A register's value by its KVM register ID (KVM_GET_ONE_REG). */
  getOneReg(id: bigint): bigint;
  /** Sets a register by its KVM register ID (KVM_SET_ONE_REG). */
  setOneReg(id: bigint, value: bigint): void;
  /** The IDs of all registers that the host offers (KVM_GET_REG_LIST). */
  getRegList(): bigint[];
  /**
   * Answers the access of a KVM_EXIT_ARM_NISV exit with a synchronous external
   * abort in the guest (KVM_SET_VCPU_EVENTS).
   *
   * @returns Whether the host offers that.
   */
  injectExternalDataAbort(): boolean;
}

/** A line of a table of statistics. */
export type Counter = readonly [name: string, value: string];

/** Where a GIC's registers go: guest physical addresses. */
export interface GicPlaces {
  /** The distributor's. */
  readonly distributor: number;
  /** GICv2 only. */
  readonly cpuInterface: number;
  /** GICv3 only: where there is room for how many vCPUs. */
  readonly redistributors: readonly { readonly base: number; readonly count: number }[];
  /** GICv3 only. */
  readonly its: number;
}

/** An interrupt controller. */
export interface Gic extends Disposable {
  /** The version of the GIC architecture. */
  readonly version: 2 | 3;
  /** Whether it takes message-signalled interrupts. */
  readonly its: boolean;
  /** Makes it ready, once all vCPUs are there and before any runs (KVM_DEV_ARM_VGIC_CTRL_INIT). */
  init(): void;
}

/** A source of virtual machines with interrupts and several vCPUs. */
export interface SmpSystem extends System, MemoryHost {
  /** As of {@linkcode System}, also with memory of another kind. @param addressBits How many bits guest physical addresses have, if not as usual. */
  createVm(memory?: WebAssembly.Memory, addressBits?: number): SmpVm;
  /** How many bits guest physical addresses can have. */
  readonly addressBits: number;
  /** How much memory the host has, in bytes. */
  readonly hostMemory: number;
  /** The most vCPUs that one VM can have. */
  readonly maxVcpus: number;
  /** Gives memory back to the host; it reads as zero then. Whole pages. */
  discard(bytes: Uint8Array): void;
  /** Starts threads, which then wait for vCPUs. */
  createThreads(count: number): VcpuThreads;
}

/** A virtual machine with interrupts and several vCPUs. */
export interface SmpVm extends Vm {
  /** Takes a memory region away: accesses exit as MMIO. */
  removeUserMemoryRegion(slot: number): void;
  /** Ends what {@linkcode Vm.registerCoalescedMmio} began. */
  unregisterCoalescedMmio(address: number, size: number): void;
  /** What {@linkcode createGic} will make. @throws if the host has none. */
  gicVersion(): Gic["version"];
  /** Gives the machine an interrupt controller, before any vCPU runs. */
  createGic(places: GicPlaces): Gic;
  /** As of {@linkcode Vm}. */
  createVcpu(id: number): SmpVcpu;
  /** Raises or lowers a shared peripheral interrupt, by its number from 0 (KVM_IRQ_LINE). */
  setSpi(spi: number, level: boolean): void;
  /** Takes a shared peripheral interrupt, by its number from 0, whose edges then take no call to the VM. After the GIC is ready. */
  createInterrupt(spi: number): Interrupt;
  /** Has stores to a register ring a bell, instead of being exits. */
  createDoorbell(register: Register): Doorbell;
  /** Lets the guest see what the host has written to memory that the guest reads past the caches, as it does its devices. */
  showPastCaches(bytes: ArrayBufferView): void;
}

/** A register of a device's, for stores to it. */
export interface Register {
  /** Its guest physical address. */
  readonly address: number;
  /** How wide stores are that count, in bytes. */
  readonly size: number;
  /** Stores of this value count, or all unless given. */
  readonly value?: number;
}

/** Stores that are no exits: what was stored is not known, only that there was a store. It ends with its VM, if not before. */
export interface Doorbell extends Disposable {
  /** Whether there has been one since this was last asked. */
  take(): boolean;
  /** Has something done when there has been one, also if it was before this. It is done on the thread that waits for vCPUs, during such a wait. */
  listen(listener: () => void): void;
  /** Ends that. */
  ignore(): void;
}

/** An interrupt that is an edge, by a way that does not go through its VM. It ends with that. */
export interface Interrupt {
  /** Raises it. */
  raise(): void;
}

/** A vCPU among several. */
export interface SmpVcpu extends Vcpu {
  /**
   * Makes its performance monitoring unit ready, after the GIC.
   *
   * @param intid The private interrupt that it raises.
   * @param hostPmu Which of the host's is behind it, by its type; the kernel's choice unless given.
   */
  initPmu(intid: number, hostPmu?: number): void;
}

/** vCPUs that run at the same time, each on a thread of its own for as long as it lives. */
export interface VcpuThreads extends Runner, Disposable {
  /** Hands each thread its vCPU, stopped; all vCPUs of one VM. The vCPUs of before must be stopped. */
  attach(vcpus: readonly Vcpu[]): void;
  /** Sets the vCPUs going. */
  start(): void;
  /** Interrupts all vCPUs; returns when all have stopped. Their last exits are still to be taken. */
  stop(): void;
  /** Which vCPU the last exit of {@linkcode run} came from; none for deferred writes, or KVM_EXIT_INTR. */
  readonly current?: number;
  /** The last exit cannot be answered yet: it comes again after {@linkcode retry}. Others do before. */
  hold(): void;
  /** Lets the exits come again that are on hold. */
  retry(): void;
  /** Whether this thread's event loop is waited for as well: {@linkcode run} does not keep it waiting then. */
  hasOthers: () => boolean;
  /** For how many milliseconds at least no exit has come. */
  readonly quiet: number;
  /** Resolves when there may be something to do, or the time is over. @param most In milliseconds; no limit unless given. */
  wait(most?: number): Promise<void>;
  /** Ends {@linkcode wait}. */
  wake(): void;
  /** Lets each vCPU's thread run on its CPUs of the host only. */
  pin(sets: readonly (readonly number[])[]): void;
}
