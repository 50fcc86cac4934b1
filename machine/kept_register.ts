/** Stores of what a register has already: after a few of them the guest does not stop for them any more. */

import type { Doorbell, SmpVm } from "../vm/contract.ts";

/** How often the same must have been stored: a way around an exit costs the host as much as some exits. */
const ENOUGH = 4;
/** How often at most that way is made in a virtual machine: a guest that stores now this and now that shall not keep the host busy. */
const MOST = 16;

/**
 * Watches one register. Linux's driver stores to a PL011's UARTCR before and after
 * each line that it prints, mostly what is there.
 */
export class KeptRegister {
  readonly #address: number;
  #vm?: SmpVm;
  #value = -1;
  #size = 0;
  #count = 0;
  /** How many sinks there may still be. */
  #left = MOST;
  /** Where stores of the value go; nobody listens. */
  #sink?: Doorbell;

  /** @param address Its guest physical address. */
  constructor(address: number) {
    this.#address = address;
  }

  /** Is in a new virtual machine from now on; in none if none is given. */
  connect(vm?: SmpVm): void {
    this.#sink = undefined;
    this.#vm = vm;
    this.#count = 0;
    this.#left = MOST;
  }

  /** A store that changed nothing. @param value All that was stored. @param size How many bytes that was. */
  kept(value: number, size: number): void {
    const isSame = value === this.#value && size === this.#size;
    this.#count = isSame ? this.#count + 1 : 1;
    this.#value = value;
    this.#size = size;
    if (this.#count < ENOUGH || this.#sink !== undefined || this.#left === 0) return;
    this.#left--;
    this.#sink = this.#vm?.createDoorbell({ address: this.#address, size, value });
  }

  /** The register has another value: the one before would change it. */
  changed(): void {
    this.#sink?.[Symbol.dispose]();
    this.#sink = undefined;
    this.#count = 0;
  }
}
