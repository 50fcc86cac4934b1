/** virtio over MMIO, version 2 (virtio 1.2, section 4.2): the registers by which a driver finds a device, agrees with it on features, and sets up its queues. */

import type { GuestMemory } from "../../vm/guest_memory.ts";
import { type MmioDevice, NOT_YET } from "../device.ts";
import type { VirtioDevice, VirtioHost } from "./device.ts";
import * as v from "./spec.ts";
import { SplitQueue } from "./split_queue.ts";

/** "virt" in ASCII, little-endian. */
const MAGIC = 0x7472_6976;
/** Of the register layout; 1 was before virtio 1.0. */
const MMIO_VERSION = 2;
/** "Orch" in ASCII, little-endian. Drivers do not look at it. */
const VENDOR = 0x6863_724f;

/** How many bytes of addresses a device takes. */
export const VIRTIO_MMIO_SIZE = 0x200;

/** What every device here can do with its queues. */
const QUEUE_FEATURES = [v.VIRTIO_F_INDIRECT_DESC, v.VIRTIO_F_EVENT_IDX, v.VIRTIO_F_VERSION_1];

/** All a driver may put into the status by itself. */
const DRIVERS_STATUS = v.ACKNOWLEDGE | v.DRIVER | v.DRIVER_OK | v.FEATURES_OK | v.FAILED;

/** A queue as the driver has described it so far. */
interface QueueRegisters {
  size: number;
  isReady: boolean;
  /** Low and high halves of the addresses of descriptors, driver area and device area. */
  readonly addresses: Record<QueueAddress, number>;
}

type QueueAddress =
  | typeof v.QUEUE_DESC_LOW
  | typeof v.QUEUE_DESC_HIGH
  | typeof v.QUEUE_DRIVER_LOW
  | typeof v.QUEUE_DRIVER_HIGH
  | typeof v.QUEUE_DEVICE_LOW
  | typeof v.QUEUE_DEVICE_HIGH;

/** How often a driver has done what it must not, for statistics. */
export interface Faults {
  /** How often the device has asked for a reset. */
  resetsNeeded: number;
  /** Why it did the last time, in words. */
  last?: string;
}

/** A device's registers on the bus. */
export class VirtioMmio implements MmioDevice, VirtioHost {
  /** What the driver has done wrong. */
  readonly faults: Faults = { resetsNeeded: 0 };
  /** As the device's. */
  readonly progress?: () => Promise<void>;

  readonly #device: VirtioDevice;
  readonly #memory: GuestMemory;
  readonly #interrupt: () => void;
  readonly #offered: ReadonlySet<number>;
  #status = 0;
  #interruptStatus = 0;
  #generation = 0;
  #deviceFeaturesSel = 0;
  #driverFeaturesSel = 0;
  /** What the driver accepts, by 32 bits. */
  readonly #driverFeatures = [0, 0];
  #features: ReadonlySet<number> = new Set();
  #queueSel = 0;
  #registers: QueueRegisters[] = [];
  #queues: (SplitQueue | undefined)[] = [];

  /** @param interrupt Raises the device's interrupt: an edge, which the driver has to be told of in the device tree. */
  constructor(device: VirtioDevice, memory: GuestMemory, interrupt: () => void) {
    this.#device = device;
    this.#memory = memory;
    this.#interrupt = interrupt;
    this.#offered = new Set([...QUEUE_FEATURES, ...device.features]);
    this.progress = device.progress && (() => device.progress!());
    this.#forget();
  }

  get features(): ReadonlySet<number> {
    return this.#features;
  }

  get queues(): readonly (SplitQueue | undefined)[] {
    return this.#queues;
  }

  /** A load from a register; of its control registers only whole words can be loaded (4.2.2.2). */
  read(offset: number, size: number): number {
    if (offset >= v.CONFIG) return this.#readConfig(offset - v.CONFIG, size);
    return size === 4 ? this.#readRegister(offset) >>> 0 : 0;
  }

  /** A store to a register, under the same rule. */
  write(offset: number, size: number, value: number): typeof NOT_YET | void {
    if (offset >= v.CONFIG) {
      this.#device.writeConfig?.(offset - v.CONFIG, size, value);
    } else if (size === 4) {
      if (offset === v.QUEUE_NOTIFY) this.#notify(value);
      else return this.#writeRegister(offset, value);
    }
  }

  used(queue: SplitQueue): void {
    if (queue.wantsInterrupt()) this.#raise(v.INT_USED_BUFFER);
  }

  again(queue: SplitQueue): void {
    setTimeout(() => {
      const index = this.#queues.indexOf(queue);
      // Unless the driver has reset the device, and may have set it up again.
      if (index >= 0) this.#notify(index);
    }, 0);
  }

  configChanged(): void {
    this.#generation = this.#generation + 1 >>> 0;
    this.#raise(v.INT_CONFIG_CHANGE);
  }

  needsReset(why: string): void {
    this.faults.last = why;
    if ((this.#status & v.DEVICE_NEEDS_RESET) !== 0) return;
    this.faults.resetsNeeded++;
    this.#status |= v.DEVICE_NEEDS_RESET;
    // Section 2.1.2: the driver is told, if it is there.
    if ((this.#status & v.DRIVER_OK) !== 0) this.#raise(v.INT_CONFIG_CHANGE);
  }

  /** Resets the device, as the system's reset does. */
  async reset(): Promise<void> {
    while (this.#reset() === NOT_YET) await this.progress?.();
  }

  /** Whether the device may use its queues. */
  get #isRunning(): boolean {
    return (this.#status & v.DRIVER_OK) !== 0;
  }

  #readRegister(offset: number): number {
    const queue = this.#registers[this.#queueSel];
    switch (offset) {
      case v.MAGIC_VALUE:
        return MAGIC;
      case v.VERSION:
        return MMIO_VERSION;
      case v.DEVICE_ID:
        return this.#device.deviceId;
      case v.VENDOR_ID:
        return VENDOR;
      case v.DEVICE_FEATURES:
        return this.#offeredWord(this.#deviceFeaturesSel);
      case v.QUEUE_NUM_MAX:
        return this.#device.queueSizes[this.#queueSel] ?? 0;
      case v.QUEUE_READY:
        return Number(queue?.isReady ?? false);
      case v.INTERRUPT_STATUS:
        return this.#interruptStatus;
      case v.STATUS:
        return this.#status;
      case v.CONFIG_GENERATION:
        return this.#generation;
    }
    // There is no shared memory, of which this length and this base tell (4.2.2.1).
    return offset >= v.SHM_LEN_LOW && offset <= v.SHM_BASE_HIGH ? 0xffff_ffff : 0;
  }

  #writeRegister(offset: number, value: number): typeof NOT_YET | void {
    switch (offset) {
      case v.DEVICE_FEATURES_SEL:
        this.#deviceFeaturesSel = value;
        break;
      case v.DRIVER_FEATURES_SEL:
        this.#driverFeaturesSel = value;
        break;
      case v.DRIVER_FEATURES:
        this.#accept(value);
        break;
      case v.QUEUE_SEL:
        this.#queueSel = value;
        break;
      case v.INTERRUPT_ACK:
        this.#interruptStatus &= ~value;
        break;
      case v.STATUS:
        return this.#setStatus(value);
      default:
        this.#writeQueueRegister(offset, value);
    }
  }

  #writeQueueRegister(offset: number, value: number): void {
    const queue = this.#registers[this.#queueSel];
    if (queue === undefined) return;
    if (offset === v.QUEUE_READY) this.#setReady(queue, (value & 1) !== 0);
    // While it is ready nothing of it may be changed (4.2.2.2).
    else if (queue.isReady) return;
    else if (offset === v.QUEUE_NUM) queue.size = value;
    else if (offset in queue.addresses) queue.addresses[offset as QueueAddress] = value;
  }

  #readConfig(offset: number, size: number): number {
    const { config } = this.#device;
    let value = 0;
    // Behind its end it reads as zero.
    for (let i = size - 1; i >= 0; i--) value = value * 0x100 + (config[offset + i] ?? 0);
    return value;
  }

  /** Bits `32 * select` and on of the features that are offered. */
  #offeredWord(select: number): number {
    let word = 0;
    for (const bit of this.#offered) if (bit >>> 5 === select) word |= 1 << (bit & 31);
    return word;
  }

  /** Takes what the driver accepts of 32 features; too late once they have been agreed on. */
  #accept(word: number): void {
    const select = this.#driverFeaturesSel;
    if ((this.#status & v.FEATURES_OK) !== 0) return;
    if (select < this.#driverFeatures.length) this.#driverFeatures[select] = word;
    // Nothing is offered there: the driver accepts what it must not.
    else if (word !== 0) this.#driverFeatures[1]! |= -1;
  }

  /** Whether the driver accepts nothing that is not offered, and VIRTIO_F_VERSION_1, without which nothing goes (6.1). */
  #agrees(): boolean {
    const isSubset = this.#driverFeatures.every((word, select) =>
      (word & ~this.#offeredWord(select)) === 0
    );
    return isSubset && this.#accepts(v.VIRTIO_F_VERSION_1);
  }

  #accepts(bit: number): boolean {
    return (this.#driverFeatures[bit >>> 5]! >>> (bit & 31) & 1) !== 0;
  }

  /** The driver writes 0 to reset the device, and otherwise only ever adds to its status (2.1.1). */
  #setStatus(value: number): typeof NOT_YET | void {
    if (value === 0) return this.#reset();
    let added = value & DRIVERS_STATUS & ~this.#status;
    if ((added & v.FEATURES_OK) !== 0 && !this.#agrees()) added &= ~v.FEATURES_OK;
    this.#status |= added & ~v.DRIVER_OK;
    if ((added & v.FEATURES_OK) !== 0) {
      this.#features = new Set([...this.#offered].filter((bit) => this.#accepts(bit)));
    }
    // Only with features that both know, and not while something is wrong.
    const ready = v.FEATURES_OK | v.DRIVER_OK;
    if (((this.#status | added) & (ready | v.DEVICE_NEEDS_RESET)) !== ready) return;
    if ((added & v.DRIVER_OK) !== 0) this.#start();
  }

  #start(): void {
    this.#status |= v.DRIVER_OK;
    this.#queues = this.#registers.map((queue) =>
      queue.isReady ? this.#makeQueue(queue) : undefined
    );
    for (const queue of this.#queues) if (queue?.fault !== undefined) this.needsReset(queue.fault);
    this.#device.start(this);
  }

  #makeQueue({ size, addresses: a }: QueueRegisters): SplitQueue {
    return new SplitQueue(this.#memory, {
      size,
      desc: a[v.QUEUE_DESC_LOW] + a[v.QUEUE_DESC_HIGH] * 2 ** 32,
      driver: a[v.QUEUE_DRIVER_LOW] + a[v.QUEUE_DRIVER_HIGH] * 2 ** 32,
      device: a[v.QUEUE_DEVICE_LOW] + a[v.QUEUE_DEVICE_HIGH] * 2 ** 32,
      eventIdx: this.#features.has(v.VIRTIO_F_EVENT_IDX),
      indirect: this.#features.has(v.VIRTIO_F_INDIRECT_DESC),
    });
  }

  #setReady(queue: QueueRegisters, isReady: boolean): void {
    if (isReady === queue.isReady) return;
    const most = this.#device.queueSizes[this.#queueSel]!;
    if (!isReady) {
      // The device does not look at it any more, whatever it has under way.
      queue.isReady = false;
      this.#queues[this.#queueSel] = undefined;
    } else if (isPowerOfTwo(queue.size) && queue.size <= most) {
      queue.isReady = true;
    } else {
      this.needsReset(`queue ${this.#queueSel} cannot have ${queue.size} descriptors`);
    }
  }

  #notify(index: number): void {
    const queue = this.#queues[index];
    // Before it is set up a queue has nothing to say (2.1.2, 4.2.3.3).
    if (queue === undefined || !this.#isRunning) return;
    if ((this.#status & v.DEVICE_NEEDS_RESET) !== 0) return;
    this.#device.notify(queue, index);
  }

  #reset(): typeof NOT_YET | void {
    if (this.#isRunning && this.#device.stop() === NOT_YET) return NOT_YET;
    this.#forget();
  }

  /** Is as it was at first (2.1.2): but the generation of the configuration only ever grows. */
  #forget(): void {
    this.#status = 0;
    this.#interruptStatus = 0;
    this.#deviceFeaturesSel = 0;
    this.#driverFeaturesSel = 0;
    this.#driverFeatures.fill(0);
    this.#features = new Set();
    this.#queueSel = 0;
    this.#queues = [];
    this.#registers = this.#device.queueSizes.map(() => ({
      size: 0,
      isReady: false,
      addresses: {
        [v.QUEUE_DESC_LOW]: 0,
        [v.QUEUE_DESC_HIGH]: 0,
        [v.QUEUE_DRIVER_LOW]: 0,
        [v.QUEUE_DRIVER_HIGH]: 0,
        [v.QUEUE_DEVICE_LOW]: 0,
        [v.QUEUE_DEVICE_HIGH]: 0,
      },
    }));
  }

  #raise(interrupt: number): void {
    this.#interruptStatus |= interrupt;
    this.#interrupt();
  }
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && (value & value - 1) === 0;
}
