/** What a virtio device is to its transport: features, a configuration space, and what to do with chains. */

import type { NOT_YET } from "../device.ts";
import type { SplitQueue } from "./split_queue.ts";

/** What a device may ask of its transport while it runs. */
export interface VirtioHost {
  /** The features that both sides have agreed on, as bit numbers. */
  readonly features: ReadonlySet<number>;
  /** Its queues, by number; undefined where the driver has set none up. */
  readonly queues: readonly (SplitQueue | undefined)[];
  /** Chains have been given back in a queue: the driver gets an interrupt if it wants one. */
  used(queue: SplitQueue): void;
  /** There is more in a queue than should be done at once: the device is notified of it again, after others have had their turn. */
  again(queue: SplitQueue): void;
  /** The configuration space has changed. */
  configChanged(): void;
  /** The driver has done what it must not, and the device cannot go on before it is reset. @param why In words. */
  needsReset(why: string): void;
}

/** A device of any type. It begins in its reset state. */
export interface VirtioDevice {
  /** For messages and statistics. */
  readonly name: string;
  /** Its type (virtio 1.2, section 5). */
  readonly deviceId: number;
  /** The features of its own that it offers, as bit numbers. */
  readonly features: readonly number[];
  /** The largest size of each of its queues: powers of two. */
  readonly queueSizes: readonly number[];
  /** Its configuration space, as the driver reads it. */
  readonly config: Uint8Array;
  /** Something is under way that this thread's event loop will tell of. */
  readonly isBusy?: boolean;
  /** The driver stores to its configuration space; without this, stores are ignored. */
  writeConfig?(offset: number, size: number, value: number): void;
  /** The driver is ready. Chains may be there already. */
  start(host: VirtioHost): void;
  /** Chains may have been made available in a queue. Called only between {@linkcode start} and {@linkcode stop}. */
  notify(queue: SplitQueue, index: number): void;
  /**
   * The driver wants nothing more of it: from when this returns, the device leaves
   * guest memory alone. Called only when it was started.
   *
   * @returns NOT_YET if that takes longer: then it is called again after {@linkcode progress}.
   */
  stop(): typeof NOT_YET | void;
  /** Resolves when what was answered with NOT_YET may be tried again. */
  progress?(): Promise<void>;
}
