/** One virtual machine in software: its memory regions, and where vCPUs come from. */

import type { MemoryRegion, Vcpu, Vm } from "../vm/contract.ts";
import type { Trace } from "../vm/trace.ts";
import type { SoftOptions } from "./dispatcher.ts";
import { Ram } from "./ram.ts";
import { SoftVcpu } from "./vcpu.ts";

/** A virtual machine without a kernel. */
export class SoftVm implements Vm {
  readonly #ram: Ram;
  readonly #trace: Trace;

  readonly #options: SoftOptions;

  constructor(memory: WebAssembly.Memory, trace: Trace, options: SoftOptions) {
    this.#ram = new Ram(memory);
    this.#trace = trace;
    this.#options = options;
  }

  setUserMemoryRegion(region: MemoryRegion): void {
    this.#ram.add(region);
  }

  /** Leaving translated code costs little; nothing is gained by putting it off. */
  registerCoalescedMmio(): boolean {
    return false;
  }

  createVcpu(id: number): Vcpu {
    return new SoftVcpu(this.#ram, id, this.#trace, this.#options);
  }

  [Symbol.dispose](): void {}
}
