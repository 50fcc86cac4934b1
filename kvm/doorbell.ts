/** Stores to a register that ring a bell in the kernel instead of stopping the vCPU (KVM_IOEVENTFD). */

import type { Doorbell, Register } from "../vm/contract.ts";
import { Block } from "./block.ts";
import { EventFd } from "./eventfd.ts";
import { vm } from "./ioctl.ts";
import { ioctl } from "./libc.ts";
import { poller } from "./poller.ts";
import { kvm_ioeventfd } from "./structs.ts";
import { KVM_IOEVENTFD_FLAG_DATAMATCH, KVM_IOEVENTFD_FLAG_DEASSIGN } from "./uapi.ts";

/** A register of a VM's. */
export class KvmDoorbell implements Doorbell {
  readonly #vmFd: number;
  readonly #register: Register;
  readonly #event = new EventFd();
  #watch?: Disposable;

  /** @throws {SystemCallError} if KVM does not take it. */
  constructor(vmFd: number, register: Register) {
    this.#vmFd = vmFd;
    this.#register = register;
    try {
      this.#assign(0);
    } catch (error) {
      this.#event[Symbol.dispose]();
      throw error;
    }
  }

  take(): boolean {
    return this.#event.take();
  }

  listen(listener: () => void): void {
    this.#watch ??= poller().watch(this.#event.fd, listener);
  }

  ignore(): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
  }

  /** Gives it back without a word to KVM, for which that is a long wait: its VM is about to end. */
  abandon(): void {
    this.ignore();
    this.#event[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.#assign(KVM_IOEVENTFD_FLAG_DEASSIGN);
    this.abandon();
  }

  #assign(flags: number): void {
    const { address, size, value } = this.#register;
    const match = value === undefined ? 0 : KVM_IOEVENTFD_FLAG_DATAMATCH;
    const argument = new Block(kvm_ioeventfd)
      .set("addr", address)
      .set("len", size)
      .set("fd", this.#event.fd)
      .set("datamatch", value ?? 0)
      .set("flags", flags | match);
    ioctl(this.#vmFd, "KVM_IOEVENTFD", vm.KVM_IOEVENTFD, argument.pointer);
  }
}
