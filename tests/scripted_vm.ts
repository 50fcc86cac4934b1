/** A system without a hypervisor: its vCPU makes the exits that a test has written down. */

import { registerId } from "../kvm/registers.ts";
import type { MemoryRegion, System, Vcpu, Vm } from "../vm/contract.ts";
import { type Exit, KVM_EXIT_INTR } from "../vm/exit.ts";

/** The guest does nothing, for ever. */
export function* idle(): Generator<Exit, never> {
  for (;;) yield { reason: KVM_EXIT_INTR };
}

/** A vCPU that makes the exits of a script. */
export class ScriptedVcpu implements Vcpu {
  readonly registers = new Map<bigint, bigint>();
  /** The periods that interruptEvery was called with. */
  readonly periods: number[] = [];
  /** How often init was called. */
  inits = 0;
  disposed = false;
  /** Whether an external abort can be injected, and how many were. */
  injectsAborts = true;
  aborts = 0;
  readonly #script: Iterator<Exit>;

  constructor(script: Iterable<Exit> = []) {
    this.#script = script[Symbol.iterator]();
  }

  run(): Exit {
    const { value, done } = this.#script.next();
    if (done === true) throw new Error("the script is over");
    return value;
  }
  init(): void {
    this.inits++;
  }
  getOneReg(id: bigint): bigint {
    return this.registers.get(id) ?? 0n;
  }
  setOneReg(id: bigint, value: bigint): void {
    this.registers.set(id, value);
  }
  getRegList(): bigint[] {
    return [...this.registers.keys()];
  }
  interruptEvery(milliseconds: number): void {
    this.periods.push(milliseconds);
  }
  injectExternalDataAbort(): boolean {
    if (this.injectsAborts) this.aborts++;
    return this.injectsAborts;
  }
  [Symbol.dispose](): void {
    this.disposed = true;
  }

  /** Sets registers by name. */
  set(values: Record<string, bigint>): this {
    for (const [name, value] of Object.entries(values)) this.setOneReg(registerId(name), value);
    return this;
  }
  /** A register by name. */
  get(name: string): bigint {
    return this.getOneReg(registerId(name));
  }
}

/** A system whose one VM has the given vCPU, and which remembers what was asked of it. */
export class ScriptedSystem implements System, Vm {
  readonly accel = "kvm";
  readonly regions: MemoryRegion[] = [];
  readonly coalesced: [address: number, size: number][] = [];
  vmsDisposed = 0;

  constructor(readonly vcpu: ScriptedVcpu = new ScriptedVcpu()) {}

  createVm(): Vm {
    return this;
  }
  setUserMemoryRegion(region: MemoryRegion): void {
    this.regions.push(region);
  }
  registerCoalescedMmio(address: number, size: number): boolean {
    this.coalesced.push([address, size]);
    return true;
  }
  createVcpu(): Vcpu {
    return this.vcpu;
  }
  [Symbol.dispose](): void {
    this.vmsDisposed++;
  }
}
