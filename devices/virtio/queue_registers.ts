/** A queue as a driver describes it, register by register (virtio 1.2, section 4.2.2). */

import type { QueueSetup } from "./split_queue.ts";
import * as v from "./spec.ts";

type AddressRegister =
  | typeof v.QUEUE_DESC_LOW
  | typeof v.QUEUE_DESC_HIGH
  | typeof v.QUEUE_DRIVER_LOW
  | typeof v.QUEUE_DRIVER_HIGH
  | typeof v.QUEUE_DEVICE_LOW
  | typeof v.QUEUE_DEVICE_HIGH;

/** What has been said of one queue so far. */
export class QueueRegisters {
  /** The driver has said all, and the device may use the queue. */
  isReady = false;
  #size = 0;
  /** Low and high halves of the addresses of descriptors, driver area and device area. */
  readonly #addresses: Record<AddressRegister, number> = {
    [v.QUEUE_DESC_LOW]: 0,
    [v.QUEUE_DESC_HIGH]: 0,
    [v.QUEUE_DRIVER_LOW]: 0,
    [v.QUEUE_DRIVER_HIGH]: 0,
    [v.QUEUE_DEVICE_LOW]: 0,
    [v.QUEUE_DEVICE_HIGH]: 0,
  };

  /** @param most The largest size that the device can do. */
  constructor(readonly most: number) {}

  /** How many descriptors it is to have. */
  get size(): number {
    return this.#size;
  }

  /** Whether it can have that many. */
  get isPossible(): boolean {
    const size = this.#size;
    return size > 0 && size <= this.most && (size & size - 1) === 0;
  }

  /** A store to one of its registers but QUEUE_READY: while it is ready nothing of it may be changed (4.2.2.2). */
  write(offset: number, value: number): void {
    if (this.isReady) return;
    if (offset === v.QUEUE_NUM) this.#size = value;
    else if (offset in this.#addresses) this.#addresses[offset as AddressRegister] = value;
  }

  /** Where the queue is. */
  get place(): Pick<QueueSetup, "size" | "desc" | "driver" | "device"> {
    const a = this.#addresses;
    return {
      size: this.#size,
      desc: a[v.QUEUE_DESC_LOW] + a[v.QUEUE_DESC_HIGH] * 2 ** 32,
      driver: a[v.QUEUE_DRIVER_LOW] + a[v.QUEUE_DRIVER_HIGH] * 2 ** 32,
      device: a[v.QUEUE_DEVICE_LOW] + a[v.QUEUE_DEVICE_HIGH] * 2 ** 32,
    };
  }
}
