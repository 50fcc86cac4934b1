/** A vCPU's system side over a little physical memory, with nothing that executes instructions. */

import { CpuState } from "../../soft/cpu_state.ts";
import { Mmu, type PhysicalMemory } from "../../soft/mmu.ts";
import { State, STATE_SIZE, type StoredRegister } from "../../soft/state.ts";
import { SystemSide } from "../../soft/system.ts";

/** Where the memory is, and how much. */
export const RAM = 0x4000_0000;
export const RAM_SIZE = 0x1_0000;

const WASM_PAGE = 0x1_0000;
/** One piece of WebAssembly memory for all: each vCPU starts by resetting its state. */
const pages = STATE_SIZE / WASM_PAGE;
const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });

/** Such a vCPU, after reset. */
export class BareCpu implements PhysicalMemory {
  readonly cpu = new CpuState(memory, 0);
  readonly mmu = new Mmu(this.cpu, this);
  /** The system events that the guest has asked for. */
  readonly events: number[] = [];
  /** What time it is. */
  nanoseconds = 0n;
  readonly system: SystemSide;
  readonly #ram = new DataView(new ArrayBuffer(RAM_SIZE));

  /** @param el The exception level to start at; SPSel is 1 at EL1. */
  constructor(el: 0 | 1 = 1) {
    this.system = new SystemSide(this.cpu, this.mmu, {
      now: () => this.nanoseconds,
      systemEvent: (type) => this.events.push(type),
    });
    this.cpu.setMode(el, el);
  }

  /** Sets stored registers. */
  set(values: Partial<Record<StoredRegister, bigint>>): this {
    for (const [name, value] of Object.entries(values)) {
      this.cpu.setStored(name as StoredRegister, value);
    }
    return this;
  }

  contains(physAddr: number, length: number): boolean {
    return physAddr >= RAM && physAddr + length <= RAM + RAM_SIZE;
  }

  readUint32(physAddr: number): number {
    return this.#ram.getUint32(physAddr - RAM, true);
  }

  /** Puts a descriptor into memory. */
  writeUint64(physAddr: number, value: bigint): void {
    this.#ram.setBigUint64(physAddr - RAM, value, true);
  }

  /** ESR_EL1 if the PC is at a vector, which it is when an exception has been taken; else undefined. */
  get syndrome(): number | undefined {
    const offset = this.cpu.pc - this.cpu.stored("vbar_el1");
    return offset >= 0n && offset < 0x800n ? Number(this.cpu.stored("esr_el1")) : undefined;
  }

  /** Where the PC is, from the start of the vectors. */
  get vector(): number {
    return Number(this.cpu.pc - this.cpu.stored("vbar_el1"));
  }

  /** Whether the exclusive monitor watches nothing. */
  get watchesNothing(): boolean {
    return this.cpu.u64[State.EXCLUSIVE_ADDRESS / 8] === 0xffff_ffff_ffff_ffffn;
  }
}
