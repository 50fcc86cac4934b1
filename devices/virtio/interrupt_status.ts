/** Why a device has interrupted: INTERRUPT_STATUS and INTERRUPT_ACK (virtio 1.2, section 4.2.2). */

import * as v from "./spec.ts";
import type { Wires } from "./wires.ts";

/**
 * The reasons that the driver has not acknowledged.
 *
 * INT_USED_BUFFER mostly is acknowledged without an exit, and that is heard of later.
 * It is taken between giving chains back and saying so here: whoever acknowledges
 * after that looks at its queues later still, and finds them; so the bit can be
 * taken away whenever that is heard of.
 */
export class InterruptStatus {
  readonly #wires: Wires;
  /** The register where the guest sees it as memory, if it does. */
  readonly #shown?: Uint8Array<ArrayBufferLike>;
  #bits = 0;

  constructor(wires: Wires) {
    this.#wires = wires;
    this.#shown = wires.window?.subarray(v.INTERRUPT_STATUS, v.INTERRUPT_STATUS + v.REGISTER_SIZE);
  }

  /** What INTERRUPT_STATUS reads, as far as is known here. */
  get bits(): number {
    this.#hear();
    this.#show();
    return this.#bits;
  }

  /** Has the driver interrupted. Chains that it is to find have been given back. */
  raise(reason: number): void {
    this.#hear();
    // Shown as it is afterwards only: what was acknowledged and is raised again need not be taken away in between.
    this.#bits |= reason;
    this.#show();
    this.#wires.interrupt();
  }

  /** A store to INTERRUPT_ACK that was an exit. */
  acknowledge(reasons: number): void {
    this.#bits &= ~reasons;
    this.#show();
  }

  /** As after a reset. */
  clear(): void {
    // What has been acknowledged until now was not about what will come.
    this.#hear();
    this.#bits = 0;
    this.#show();
  }

  #hear(): void {
    if (this.#wires.takeAcknowledged()) this.#bits &= ~v.INT_USED_BUFFER;
  }

  #show(): void {
    const shown = this.#shown;
    if (shown === undefined || shown[0] === this.#bits) return;
    shown[0] = this.#bits;
    this.#wires.show(shown);
  }
}
