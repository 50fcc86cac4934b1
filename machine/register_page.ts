/** A device's registers as guest memory that can only be read: loads from it are no exits. */

import type { SmpVm } from "../vm/contract.ts";

/** Whose registers, and where. */
export interface RegisterPageOptions {
  /** The slot that the VM has free for it. */
  readonly slot: number;
  readonly guestPhysAddr: number;
  /** How many bytes of registers there are, from the start of the page. */
  readonly size: number;
  /** The page, in the guest's memory. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  /** Copies what the registers read now, a word each. */
  readonly copyTo: (words: Uint32Array) => void;
}

/**
 * The page is there only while loads have no side effects. A guest reads its
 * devices past the caches, and so would not see what the host has just written:
 * a change is shown past them. Taking the page away and putting it there again
 * would do as well, as KVM cleans what it maps; but that takes as long as many exits.
 */
export class RegisterPage {
  readonly #options: RegisterPageOptions;
  readonly #shown: Uint32Array<SharedArrayBuffer>;
  readonly #now: Uint32Array<ArrayBuffer>;
  #vm?: SmpVm;
  #isThere = false;

  constructor(options: RegisterPageOptions) {
    const { buffer, byteOffset } = options.bytes;
    const count = options.size / Uint32Array.BYTES_PER_ELEMENT;
    this.#options = options;
    this.#shown = new Uint32Array(buffer, byteOffset, count);
    this.#now = new Uint32Array(count);
  }

  /** Shows the page in a virtual machine from now on, a new one; in none if none is given. */
  connect(vm?: SmpVm): void {
    this.#vm = vm;
    this.#isThere = false;
  }

  /** Shows the registers as they are now, or, if loads have side effects, nothing. */
  update(isPlain: boolean): void {
    const { slot, guestPhysAddr, bytes, copyTo } = this.#options;
    if (this.#vm === undefined) return;
    if (!isPlain) {
      if (this.#isThere) this.#vm.removeUserMemoryRegion(slot);
      this.#isThere = false;
      return;
    }
    copyTo(this.#now);
    this.#show(this.#vm);
    if (this.#isThere) return;
    this.#isThere = true;
    this.#vm.setUserMemoryRegion({ slot, guestPhysAddr, bytes, readOnly: true });
  }

  /** Shows what has changed, a register at a time. */
  #show(vm: SmpVm): void {
    for (let i = 0; i < this.#now.length; i++) {
      if (this.#shown[i] === this.#now[i]) continue;
      // In one piece, as a guest may be looking.
      Atomics.store(this.#shown, i, this.#now[i]!);
      if (this.#isThere) vm.showPastCaches(this.#shown.subarray(i, i + 1));
    }
  }
}
