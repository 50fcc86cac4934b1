/** Stores to a register that ring a bell in the kernel instead of stopping the vCPU (KVM_IOEVENTFD). */

import type { Doorbell, Register } from "../vm/contract.ts";
import { Block } from "./block.ts";
import { EventFd } from "./eventfd.ts";
import { vm } from "./ioctl.ts";
import { ioctl } from "./libc.ts";
import { poller } from "./poller.ts";
import { kvm_ioeventfd } from "./structs.ts";
import { KVM_IOEVENTFD_FLAG_DATAMATCH } from "./uapi.ts";

/** A register of a VM's, for as long as the VM lives: KVM forgets it with the VM. */
export class KvmDoorbell implements Doorbell {
  readonly #event = new EventFd();
  #watch?: Disposable;

  /** @throws {SystemCallError} if KVM does not take it. */
  constructor(vmFd: number, { address, size, value }: Register) {
    const argument = new Block(kvm_ioeventfd)
      .set("addr", address)
      .set("len", size)
      .set("fd", this.#event.fd)
      .set("datamatch", value ?? 0)
      .set("flags", value === undefined ? 0 : KVM_IOEVENTFD_FLAG_DATAMATCH);
    try {
      ioctl(vmFd, "KVM_IOEVENTFD", vm.KVM_IOEVENTFD, argument.pointer);
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

  [Symbol.dispose](): void {
    this.ignore();
    this.#event[Symbol.dispose]();
  }
}
