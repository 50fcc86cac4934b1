/** The exception vectors that Orchid supplies: each one tells the host which exception was taken, and changes nothing in the vCPU. */

import type { MmioDevice } from "../devices/device.ts";
import { CRASH_PORT_BASE, VECTOR_PAGE } from "./layout.ts";

/** Vectors in a table, and the bytes from one to the next (Arm ARM, D1.4.1 "Exception vectors"). */
const VECTORS = 16;
const VECTOR_SIZE = 0x80;

/** The vectors' names, by number. */
const sources = [
  "the current EL with SP_EL0",
  "the current EL",
  "a lower EL (AArch64)",
  "a lower EL (AArch32)",
];
const kinds = ["Synchronous exception", "IRQ", "FIQ", "SError"];

/** How many bytes of addresses the crash port takes: a word for each vector. */
export const CRASH_PORT_SIZE = VECTORS * 4;

/** `ldr wzr, target` at `at`: LDR (literal), 32-bit, with register 31 (Arm ARM, C6.2). */
function ldrLiteralWzr(at: number, target: number): number {
  const imm19 = ((target - at) / 4) & 0x7_ffff;
  return (0x1800_0000 | (imm19 << 5) | 31) >>> 0;
}

/**
 * Writes the vectors.
 *
 * A vector is one instruction: a load, relative to the PC, of a word of the
 * crash port, into the zero register. There is no memory there, so the load
 * exits, and which word it is tells the vector. It needs no register and no
 * stack, so that the host finds the vCPU exactly as the exception left it.
 */
export function writeVectors(page: Uint8Array): void {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  for (let vector = 0; vector < VECTORS; vector++) {
    const offset = vector * VECTOR_SIZE;
    const instruction = ldrLiteralWzr(VECTOR_PAGE.base + offset, CRASH_PORT_BASE + vector * 4);
    view.setUint32(offset, instruction, true);
  }
}

/** A vector in words, such as "Synchronous exception from the current EL". */
export function vectorName(vector: number): string {
  return `${kinds[vector % 4]} from ${sources[vector >> 2]}`;
}

/** Listens to what the vectors tell. */
export class CrashPort implements MmioDevice {
  readonly #onException: (vector: number) => void;

  /** @param onException Called with the number of the vector that was taken. */
  constructor(onException: (vector: number) => void) {
    this.#onException = onException;
  }

  read(offset: number): number {
    this.#onException(offset >> 2);
    return 0;
  }

  write(): void {}
}
