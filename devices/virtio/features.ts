/** How a driver and a device agree on features (virtio 1.2, sections 2.2 and 4.2.2). */

import { VIRTIO_F_EVENT_IDX, VIRTIO_F_INDIRECT_DESC, VIRTIO_F_VERSION_1 } from "./spec.ts";

/**
 * What every device here can do with its queues. VIRTIO_F_RING_RESET is not among
 * them: no driver of these devices has a use for a queue that is reset by itself.
 */
const QUEUE_FEATURES = [VIRTIO_F_INDIRECT_DESC, VIRTIO_F_EVENT_IDX, VIRTIO_F_VERSION_1];

/** What a device offers, and what its driver accepts of that. */
export class Features {
  /** Which 32 of the offered bits are to be read. */
  offeredSelect = 0;
  /** Which 32 bits are to be accepted. */
  acceptedSelect = 0;
  /** What both have agreed on, as bit numbers. */
  agreed: ReadonlySet<number> = new Set();
  readonly #offered: ReadonlySet<number>;
  /** What the driver accepts, by 32 bits. */
  readonly #accepted = [0, 0];

  /** @param own The device's own, as bit numbers. */
  constructor(own: readonly number[]) {
    this.#offered = new Set([...QUEUE_FEATURES, ...own]);
  }

  /** The selected 32 bits of what is offered. */
  get offeredWord(): number {
    return this.#wordOf(this.offeredSelect);
  }

  /** Takes what the driver accepts of the selected 32 bits. */
  accept(word: number): void {
    const select = this.acceptedSelect;
    if (select < this.#accepted.length) this.#accepted[select] = word;
    // Nothing is offered there: the driver accepts what it must not.
    else if (word !== 0) this.#accepted[1]! |= -1;
  }

  /**
   * Settles it.
   *
   * @returns Whether the driver accepts nothing that is not offered, and VIRTIO_F_VERSION_1, without which nothing goes (6.1).
   */
  agree(): boolean {
    const isSubset = this.#accepted.every((word, select) => (word & ~this.#wordOf(select)) === 0);
    if (!isSubset || !this.#accepts(VIRTIO_F_VERSION_1)) return false;
    this.agreed = new Set([...this.#offered].filter((bit) => this.#accepts(bit)));
    return true;
  }

  /** Is as it was at first. */
  forget(): void {
    this.offeredSelect = 0;
    this.acceptedSelect = 0;
    this.#accepted.fill(0);
    this.agreed = new Set();
  }

  #accepts(bit: number): boolean {
    return (this.#accepted[bit >>> 5]! >>> (bit & 31) & 1) !== 0;
  }

  #wordOf(select: number): number {
    let word = 0;
    for (const bit of this.#offered) if (bit >>> 5 === select) word |= 1 << (bit & 31);
    return word;
  }
}
