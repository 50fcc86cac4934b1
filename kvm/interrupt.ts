/** An interrupt of a VM's that is raised by adding to a counter: by this process, or by the kernel itself (KVM_IRQFD). */

import type { Interrupt } from "../vm/contract.ts";
import { Block } from "./block.ts";
import { EventFd } from "./eventfd.ts";
import { vm } from "./ioctl.ts";
import { ioctl } from "./libc.ts";
import { kvm_irqfd } from "./structs.ts";

/** A shared peripheral interrupt, as an edge; KVM forgets it when its counter is closed. */
export class KvmInterrupt implements Interrupt {
  readonly #event = new EventFd();

  /**
   * @param spi Its number from 0, which is its global system interrupt as well.
   * @throws {SystemCallError} if there is no GIC that is ready.
   */
  constructor(vmFd: number, spi: number) {
    const argument = new Block(kvm_irqfd).set("fd", this.#event.fd).set("gsi", spi);
    try {
      ioctl(vmFd, "KVM_IRQFD", vm.KVM_IRQFD, argument.pointer);
    } catch (error) {
      this.#event[Symbol.dispose]();
      throw error;
    }
  }

  raise(): void {
    this.#event.signal();
  }

  [Symbol.dispose](): void {
    this.#event[Symbol.dispose]();
  }
}
