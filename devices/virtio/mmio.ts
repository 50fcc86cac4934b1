/** virtio over MMIO, version 2 (virtio 1.2, section 4.2): the registers by which a driver finds a device, agrees with it on features, and sets up its queues. */

import type { GuestMemory } from "../../vm/guest_memory.ts";
import { type MmioDevice, NOT_YET } from "../device.ts";
import type { VirtioDevice, VirtioHost } from "./device.ts";
import { Features } from "./features.ts";
import { InterruptStatus } from "./interrupt_status.ts";
import { QueueRegisters } from "./queue_registers.ts";
import * as v from "./spec.ts";
import { SplitQueue } from "./split_queue.ts";
import type { Wires } from "./wires.ts";

/** "virt" in ASCII, little-endian. */
const MAGIC = 0x7472_6976;
/** Of the register layout; 1 was before virtio 1.0. */
const MMIO_VERSION = 2;
/** "Orch" in ASCII, little-endian. Drivers do not look at it. */
const VENDOR = 0x6863_724f;

/** How many bytes of addresses a device takes. */
export const VIRTIO_MMIO_SIZE = 0x200;

/** All a driver may put into the status by itself. */
const DRIVERS_STATUS = v.ACKNOWLEDGE | v.DRIVER | v.DRIVER_OK | v.FEATURES_OK | v.FAILED;

/** What has come about without loads and stores that are exits, for statistics. */
export interface Counts {
  /** How often the driver has told of chains, as far as that can be told apart. */
  notifications: number;
  interrupts: number;
  /** How often the device has asked for a reset, because the driver had done what it must not. */
  resetsNeeded: number;
  /** Why it did the last time, in words. */
  lastFault?: string;
}

/** A device's registers on the bus. */
export class VirtioMmio implements MmioDevice, VirtioHost {
  readonly counts: Counts = { notifications: 0, interrupts: 0, resetsNeeded: 0 };
  /** As the device's. */
  readonly progress?: () => Promise<void>;

  readonly #device: VirtioDevice;
  readonly #memory: GuestMemory;
  readonly #wires: Wires;
  readonly #negotiation: Features;
  readonly #interrupts: InterruptStatus;
  #status = 0;
  #generation = 0;
  #queueSel = 0;
  #registers: QueueRegisters[] = [];
  #queues: (SplitQueue | undefined)[] = [];

  /** A device in its reset state. */
  constructor(device: VirtioDevice, memory: GuestMemory, wires: Wires) {
    this.#device = device;
    this.#memory = memory;
    this.#wires = wires;
    this.#negotiation = new Features(device.features);
    this.#interrupts = new InterruptStatus(wires);
    this.progress = device.progress && (() => device.progress!());
    this.#forget();
    this.#show();
  }

  get features(): ReadonlySet<number> {
    return this.#negotiation.agreed;
  }

  get queues(): readonly (SplitQueue | undefined)[] {
    return this.#queues;
  }

  /** A load from a register; of its control registers only whole words can be loaded (4.2.2.2). */
  read(offset: number, size: number): number {
    if (offset >= v.CONFIG) return this.#readConfig(offset - v.CONFIG, size);
    return size === v.REGISTER_SIZE ? this.#readRegister(offset) >>> 0 : 0;
  }

  /** A store to a register, under the same rule. */
  write(offset: number, size: number, value: number): typeof NOT_YET | void {
    if (offset === v.QUEUE_NOTIFY) {
      this.counts.notifications++;
      if (size === v.REGISTER_SIZE) this.#notify(value);
      return;
    }
    try {
      if (size === v.REGISTER_SIZE && offset < v.CONFIG) return this.#writeRegister(offset, value);
      if (offset >= v.CONFIG) this.#device.writeConfig?.(offset - v.CONFIG, size, value);
    } finally {
      this.#show();
    }
  }

  /** QUEUE_NOTIFY has been stored to, in a way that was no exit: for any of the queues. */
  notified(): void {
    this.counts.notifications++;
    for (let index = 0; index < this.#queues.length; index++) this.#notify(index);
  }

  /** Whether an interrupt has been raised that is not acknowledged, as far as is known here. */
  get isPending(): boolean {
    return this.#interrupts.bits !== 0;
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
    this.#show();
    this.#raise(v.INT_CONFIG_CHANGE);
  }

  needsReset(why: string): void {
    this.counts.lastFault = why;
    if ((this.#status & v.DEVICE_NEEDS_RESET) !== 0) return;
    this.counts.resetsNeeded++;
    this.#status |= v.DEVICE_NEEDS_RESET;
    this.#show();
    // Section 2.1.2: the driver is told, if it is there.
    if ((this.#status & v.DRIVER_OK) !== 0) this.#raise(v.INT_CONFIG_CHANGE);
  }

  /** Resets the device, as the system's reset does. */
  async reset(): Promise<void> {
    while (this.#reset() === NOT_YET) await this.progress?.();
    this.#show();
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
        return this.#negotiation.offeredWord;
      case v.QUEUE_NUM_MAX:
        return queue?.most ?? 0;
      case v.QUEUE_READY:
        return Number(queue?.isReady ?? false);
      case v.INTERRUPT_STATUS:
        return this.#interrupts.bits;
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
        this.#negotiation.offeredSelect = value;
        break;
      case v.DRIVER_FEATURES_SEL:
        this.#negotiation.acceptedSelect = value;
        break;
      case v.DRIVER_FEATURES:
        // Too late once they have been agreed on.
        if ((this.#status & v.FEATURES_OK) === 0) this.#negotiation.accept(value);
        break;
      case v.QUEUE_SEL:
        this.#queueSel = value;
        break;
      case v.INTERRUPT_ACK:
        this.#interrupts.acknowledge(value);
        break;
      case v.STATUS:
        return this.#setStatus(value);
      default:
        this.#writeQueueRegister(offset, value);
    }
  }

  #writeQueueRegister(offset: number, value: number): void {
    const queue = this.#registers[this.#queueSel];
    if (offset === v.QUEUE_READY) this.#setReady(queue, (value & 1) !== 0);
    else queue?.write(offset, value);
  }

  #readConfig(offset: number, size: number): number {
    const { config } = this.#device;
    let value = 0;
    // Behind its end it reads as zero.
    for (let i = size - 1; i >= 0; i--) value = value * 0x100 + (config[offset + i] ?? 0);
    return value;
  }

  /** The driver writes 0 to reset the device, and otherwise only ever adds to its status (2.1.1). */
  #setStatus(value: number): typeof NOT_YET | void {
    if (value === 0) return this.#reset();
    let added = value & DRIVERS_STATUS & ~this.#status;
    if ((added & v.FEATURES_OK) !== 0 && !this.#negotiation.agree()) added &= ~v.FEATURES_OK;
    this.#status |= added & ~v.DRIVER_OK;
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

  #makeQueue({ place }: QueueRegisters): SplitQueue {
    return new SplitQueue(this.#memory, {
      ...place,
      eventIdx: this.features.has(v.VIRTIO_F_EVENT_IDX),
      indirect: this.features.has(v.VIRTIO_F_INDIRECT_DESC),
    });
  }

  #setReady(queue: QueueRegisters | undefined, isReady: boolean): void {
    if (queue === undefined || isReady === queue.isReady) return;
    if (!isReady) {
      // The device does not look at it any more, whatever it has under way.
      queue.isReady = false;
      this.#queues[this.#queueSel] = undefined;
    } else if (queue.isPossible) {
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
    this.#interrupts.clear();
    this.#negotiation.forget();
    this.#queueSel = 0;
    this.#queues = [];
    this.#registers = this.#device.queueSizes.map((most) => new QueueRegisters(most));
  }

  #raise(reason: number): void {
    this.counts.interrupts++;
    this.#interrupts.raise(reason);
  }

  /** Shows all registers as they are now. */
  #show(): void {
    const { window } = this.#wires;
    if (window === undefined) return;
    const view = new DataView(window.buffer, window.byteOffset, window.length);
    for (let offset = 0; offset < v.CONFIG; offset += v.REGISTER_SIZE) {
      view.setUint32(offset, this.#readRegister(offset), true);
    }
    window.set(this.#device.config.subarray(0, VIRTIO_MMIO_SIZE - v.CONFIG), v.CONFIG);
    this.#wires.show(window);
  }
}
