/** A step's record: what the runner loads before the step, and what it leaves there. runner.s has the same offsets. */

import type { GuestMemory } from "../../../vm/guest_memory.ts";

/** Byte offsets, of 8 bytes each. */
export const Field = {
  /** 0 in the record behind the last. */
  go: 0x00,
  /** Where the step starts; then ELR_EL1. */
  pc: 0x08,
  /** PSTATE to start with; then SPSR_EL1. */
  pstate: 0x10,
  spEl0: 0x18,
  esr: 0x20,
  far: 0x28,
  /** The offset of the vector that the exception came to. */
  vector: 0x30,
  /** X0 to X30. */
  x: 0x38,
} as const;

export const RECORD_SIZE = 0x140;
const REGISTERS = 31;

/** A record in a guest's memory. */
export class Record {
  readonly #memory: GuestMemory;
  readonly #address: number;

  constructor(memory: GuestMemory, address: number) {
    this.#memory = memory;
    this.#address = address;
  }

  /** Sets one of the fields. */
  set(field: keyof typeof Field, value: bigint): void {
    this.#memory.writeUint64(this.#address + Field[field], value);
  }

  /** Sets X0 and so on. */
  setX(values: readonly bigint[]): void {
    values.forEach((value, n) => {
      this.#memory.writeUint64(this.#address + Field.x + 8 * n, BigInt.asUintN(64, value));
    });
  }

  get elr(): bigint {
    return this.#field("pc");
  }
  get spsr(): bigint {
    return this.#field("pstate");
  }
  get spEl0(): bigint {
    return this.#field("spEl0");
  }
  get esr(): bigint {
    return this.#field("esr");
  }
  get far(): bigint {
    return this.#field("far");
  }
  get vector(): number {
    return Number(this.#field("vector"));
  }
  get x(): readonly bigint[] {
    const at = this.#address + Field.x;
    return Array.from({ length: REGISTERS }, (_, n) => this.#memory.readUint64(at + 8 * n));
  }

  #field(field: keyof typeof Field): bigint {
    return this.#memory.readUint64(this.#address + Field[field]);
  }
}
