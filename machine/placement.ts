/** Where a program goes in a tiny machine's memory, checked. */

import { OrchidError } from "../vm/error.ts";
import { hex } from "./esr.ts";
import {
  DEFAULT_RAM_SIZE,
  DEVICE_PAGE,
  MAX_RAM_SIZE,
  PAGE_SIZE,
  RAM_BASE,
  VECTOR_PAGE,
} from "./layout.ts";

/** A tiny machine that cannot be: sizes or addresses that do not fit. */
export class TinyMachineError extends OrchidError {}

/** What is asked for; see TinyMachineOptions. */
interface Wish {
  readonly program: Uint8Array;
  readonly memory?: number;
  readonly loadAddress?: number;
  readonly entry?: number;
}

/** Sizes in bytes and guest physical addresses that fit together. */
export interface Placement {
  readonly memory: number;
  readonly loadAddress: number;
  readonly entry: number;
}

/**
 * Fills in what is not given, and checks it.
 *
 * @throws {TinyMachineError} if it does not fit together.
 */
export function placeProgram(
  { program, memory = DEFAULT_RAM_SIZE, loadAddress = RAM_BASE, entry = loadAddress }: Wish,
): Placement {
  const end = RAM_BASE + memory;
  const ram = `RAM is from ${hex(RAM_BASE)} to ${hex(end - 1)}`;
  if (memory <= 0 || memory % PAGE_SIZE !== 0) {
    throw new TinyMachineError(`a memory of ${memory} bytes is no multiple of ${PAGE_SIZE}`);
  }
  if (memory > MAX_RAM_SIZE) {
    throw new TinyMachineError(`a memory of ${memory} bytes is more than ${MAX_RAM_SIZE}`);
  }
  for (const [name, address] of [["load address", loadAddress], ["entry", entry]] as const) {
    checkAddress(name, address, end, ram);
  }
  if (program.length === 0) throw new TinyMachineError("the program is empty");
  if (program.length > end - loadAddress) {
    throw new TinyMachineError(
      `the program has ${program.length} bytes, and there is room for ${end - loadAddress}; ${ram}`,
    );
  }
  return { memory, loadAddress, entry };
}

function checkAddress(name: string, address: number, end: number, ram: string): void {
  const inPage = (page: { base: number; size: number }) =>
    address >= page.base && address < page.base + page.size;
  if (inPage(DEVICE_PAGE)) {
    throw new TinyMachineError(`the ${name} ${hex(address)} is in the device page; ${ram}`);
  }
  if (inPage(VECTOR_PAGE)) {
    throw new TinyMachineError(`the ${name} ${hex(address)} is in the vector page; ${ram}`);
  }
  if (address < RAM_BASE || address >= end) {
    throw new TinyMachineError(`the ${name} ${hex(address)} is outside RAM; ${ram}`);
  }
  if (address % 4 !== 0) {
    throw new TinyMachineError(`the ${name} ${hex(address)} is no multiple of 4`);
  }
}
