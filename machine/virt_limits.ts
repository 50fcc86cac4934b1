/** What a virt machine can be on this host. */

import type { SmpSystem } from "../vm/contract.ts";
import { OrchidError } from "../vm/error.ts";
import { VIRT_RAM_BASE } from "./virt_layout.ts";

/** A virt machine that cannot be: sizes or numbers that do not fit. */
export class VirtMachineError extends OrchidError {}

/** RAM comes in pieces of this size, in bytes: the largest pages that a host may have. */
const RAM_UNIT = 0x1_0000;

const GIB = 2 ** 30;

/**
 * Fails unless the host can give so much RAM and so many vCPUs.
 *
 * @param memory In bytes.
 * @throws {VirtMachineError} if not.
 */
export function checkLimits(system: SmpSystem, memory: number, vcpus: number): void {
  if (!Number.isSafeInteger(memory) || memory <= 0 || memory % RAM_UNIT !== 0) {
    throw new VirtMachineError(`a memory of ${memory} bytes is no multiple of 64K`);
  }
  const room = 2 ** system.addressBits - VIRT_RAM_BASE;
  if (memory > room) {
    throw new VirtMachineError(
      `a memory of ${memory} bytes is more than this host's guests can address: ` +
        `${system.addressBits} bits, ${Math.floor(room / GIB)}G of RAM`,
    );
  }
  if (memory > system.hostMemory) {
    throw new VirtMachineError(
      `a memory of ${memory} bytes is more than this host has: ${system.hostMemory}`,
    );
  }
  if (!Number.isSafeInteger(vcpus) || vcpus < 1 || vcpus > system.maxVcpus) {
    throw new VirtMachineError(
      `${vcpus} vCPUs cannot be: this host's guests have 1 to ${system.maxVcpus}`,
    );
  }
}
