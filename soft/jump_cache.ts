/** Where code at a virtual address is in the function table, for the addresses jumped to lately: a small direct-mapped cache that translated code reads too. */

import type { CpuState } from "./cpu_state.ts";
import { JUMP_ENTRIES, JUMP_ENTRY_SIZE, JUMP_OFFSET, JUMP_SLOT, State } from "./state.ts";

/** No address has code here: not a multiple of four. */
const EMPTY = 0xffff_ffff;

/** The jump caches of one vCPU, one for each exception level. */
export class JumpCache {
  readonly #cpu: CpuState;

  constructor(cpu: CpuState) {
    this.#cpu = cpu;
    this.forget();
  }

  /** The slot for the PC, or -1. */
  find(): number {
    const { u32 } = this.#cpu;
    const entry = this.#entry();
    const known = u32[entry] === u32[State.PC / 4] && u32[entry + 1] === u32[State.PC / 4 + 1];
    return known ? u32[entry + JUMP_SLOT / 4]! : -1;
  }

  /** Notes the slot for the PC. */
  remember(slot: number): void {
    const { u32 } = this.#cpu;
    const entry = this.#entry();
    u32[entry] = u32[State.PC / 4]!;
    u32[entry + 1] = u32[State.PC / 4 + 1]!;
    u32[entry + JUMP_SLOT / 4] = slot;
  }

  /** Forgets everything, because addresses may lead elsewhere now. */
  forget(): void {
    const words = JUMP_ENTRIES * JUMP_ENTRY_SIZE / 4;
    for (const offset of JUMP_OFFSET) this.#cpu.u32.fill(EMPTY, offset / 4, offset / 4 + words);
  }

  /** The entry for the PC, as an index of 32-bit words. */
  #entry(): number {
    const { u32, el } = this.#cpu;
    const number = (u32[State.PC / 4]! >>> 2) % JUMP_ENTRIES;
    return (JUMP_OFFSET[el as 0 | 1] + number * JUMP_ENTRY_SIZE) / 4;
  }
}
