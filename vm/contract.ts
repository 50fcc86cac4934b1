/**
 * What a hypervisor offers to the rest of Orchid, in KVM's words. kvm/ fulfils
 * this with the kernel's; everything above is written once, over these interfaces.
 *
 * @module
 */

import type { Exit } from "./exit.ts";

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
   * (KVM_REGISTER_COALESCED_MMIO). They come out of {@linkcode Vcpu.run} as
   * exits all the same: in order, before anything that happened after them,
   * and late by as much as the vCPU stays in the guest.
   *
   * @returns Whether the host offers that.
   */
  registerCoalescedMmio(address: number, size: number): boolean;
  /** Adds a vCPU; it must be run by the thread that made it. */
  createVcpu(id: number): Vcpu;
}

/** One virtual CPU. */
export interface Vcpu extends Disposable {
  /** Sets the vCPU to its reset state, with PSCI 0.2 (KVM_ARM_VCPU_INIT). */
  init(): void;
  /** A register's value by its KVM register ID (KVM_GET_ONE_REG). */
  getOneReg(id: bigint): bigint;
  /** Sets a register by its KVM register ID (KVM_SET_ONE_REG). */
  setOneReg(id: bigint, value: bigint): void;
  /** The IDs of all registers that the host offers (KVM_GET_REG_LIST). */
  getRegList(): bigint[];
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
  /**
   * Answers the access of a KVM_EXIT_ARM_NISV exit with a synchronous external
   * abort in the guest (KVM_SET_VCPU_EVENTS).
   *
   * @returns Whether the host offers that.
   */
  injectExternalDataAbort(): boolean;
  /** What there is to tell about how the guest was executed, for a table: names and values. */
  counters?(): readonly Counter[];
}

/** A line of a table of statistics. */
export type Counter = readonly [name: string, value: string];
