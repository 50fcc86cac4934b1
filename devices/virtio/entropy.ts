/** The virtio entropy device (virtio 1.2, section 5.4): random numbers for the guest. */

import type { Chain } from "./chain.ts";
import type { VirtioDevice, VirtioHost } from "./device.ts";
import type { SplitQueue } from "./split_queue.ts";

/** The type's number. */
export const VIRTIO_ID_RNG = 4;

const QUEUE_SIZE = 64;
/** The most that one chain gets, in bytes: a driver asks for as much again and again, and nobody should wait for gigabytes. */
const MOST = 0x1_0000;

type Fill = (bytes: Uint8Array<SharedArrayBuffer>) => void;

/** Fills guest memory with random numbers, as a driver asks for them. */
export class VirtioEntropy implements VirtioDevice {
  /** For messages and statistics. */
  readonly name = "virtio-rng";
  /** The entropy device's number. */
  readonly deviceId: number = VIRTIO_ID_RNG;
  /** It has none of its own. */
  readonly features: readonly number[] = [];
  /** A queue for requests. */
  readonly queueSizes: readonly number[] = [QUEUE_SIZE];
  /** It has none. */
  readonly config: Uint8Array<ArrayBuffer> = new Uint8Array();
  readonly #fill: Fill;
  #host?: VirtioHost;
  #chain?: Chain;

  /** A device that has given nothing yet. @param fill Fills bytes of guest memory with random numbers. */
  constructor(fill: Fill) {
    this.#fill = fill;
  }

  /** Answers what there is, and from now on what comes. */
  start(host: VirtioHost): void {
    this.#host = host;
    const [queue] = host.queues;
    this.#chain = queue?.newChain();
    if (queue !== undefined) this.notify(queue);
  }

  /** Answers what has come. */
  notify(queue: SplitQueue): void {
    const chain = this.#chain!;
    let left = queue.size;
    while (left-- > 0 && queue.take(chain)) queue.give(chain.head, this.#answer(chain));
    // What came after the last look was not told of.
    if (!queue.listen()) this.#host?.again(queue);
    if (queue.fault !== undefined) this.#host?.needsReset(queue.fault);
    this.#host?.used(queue);
  }

  /** Answers nothing more. */
  stop(): void {
    this.#host = undefined;
  }

  /** @returns How many bytes were filled: one piece is enough, as a driver takes fewer than it asked for (5.4.6.1). */
  #answer(chain: Chain): number {
    const bytes = chain.firstWritable()?.subarray(0, MOST);
    if (bytes === undefined) return 0;
    this.#fill(bytes);
    return bytes.length;
  }
}
