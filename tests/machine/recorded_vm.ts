/** As much of a virtual machine as a serial port needs, which notes what is asked of it. */

import type { MemoryRegion, SmpVm } from "../../vm/contract.ts";

/** Notes each call in order, by what it changes. */
export class RecordedVm {
  readonly calls: string[] = [];
  /** The region that is there, by its slot. */
  readonly regions = new Map<number, MemoryRegion>();
  /** The addresses at which stores are collected. */
  readonly collected = new Set<number>();
  /** Whether the kernel collects stores at all. */
  collects = true;

  /** What is given to those who need a virtual machine. */
  get vm(): SmpVm {
    return this as unknown as SmpVm;
  }

  setUserMemoryRegion(region: MemoryRegion): void {
    this.calls.push("show");
    this.regions.set(region.slot, region);
  }
  removeUserMemoryRegion(slot: number): void {
    this.calls.push("hide");
    this.regions.delete(slot);
  }
  /** What was shown last while a guest may have looked. */
  past?: ArrayBufferView;
  showPastCaches(bytes: ArrayBufferView): void {
    this.calls.push("past caches");
    this.past = bytes;
  }
  registerCoalescedMmio(address: number): boolean {
    if (!this.collects) return false;
    this.calls.push("collect");
    this.collected.add(address);
    return true;
  }
  unregisterCoalescedMmio(address: number): void {
    this.calls.push("let through");
    this.collected.delete(address);
  }
}
