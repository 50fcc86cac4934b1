/** The virt machine's virtio devices: each at its place, with its interrupt. */

import type { MmioBus } from "../devices/bus.ts";
import type { VirtioDevice } from "../devices/virtio/device.ts";
import { VirtioMmio } from "../devices/virtio/mmio.ts";
import {
  INT_USED_BUFFER,
  INTERRUPT_ACK,
  QUEUE_NOTIFY,
  REGISTER_SIZE,
} from "../devices/virtio/spec.ts";
import type { Wires } from "../devices/virtio/wires.ts";
import type { Counter, Doorbell, Interrupt, SmpVm } from "../vm/contract.ts";
import type { GuestMemory } from "../vm/guest_memory.ts";
import {
  type Place,
  type Range,
  VIRTIO_MMIO,
  VIRTIO_MMIO_COUNT,
  VIRTIO_MMIO_FIRST_SPI,
} from "./virt_layout.ts";
import { VirtMachineError } from "./virt_limits.ts";

/** The pages of all devices' registers, as large as one of the host's may be: nothing else is so near. */
export const VIRTIO_PAGES: Range = { base: VIRTIO_MMIO.base, size: 0x1_0000 };

/** Where the virtio device of a number is. */
function virtioPlace(number: number): Place {
  const { base, size } = VIRTIO_MMIO;
  return { base: base + number * size, size, spi: VIRTIO_MMIO_FIRST_SPI + number };
}

/** A device's connections to the virtual machine that there is now. */
class Connection implements Wires {
  readonly window: Uint8Array<SharedArrayBuffer>;
  readonly #place: Place;
  #vm?: SmpVm;
  #interrupt?: Interrupt;
  /** Rung by stores to QUEUE_NOTIFY. */
  #notify?: Doorbell;
  /** Rung by stores to INTERRUPT_ACK. */
  #acknowledge?: Doorbell;

  constructor(place: Place, memory: GuestMemory) {
    this.#place = place;
    this.window = memory.bytes(place.base, place.size);
  }

  connect(vm: SmpVm, onNotify: () => void): void {
    const { base, spi } = this.#place;
    this.#vm = vm;
    this.#interrupt = vm.createInterrupt(spi);
    this.#notify = vm.createDoorbell({ address: base + QUEUE_NOTIFY, size: REGISTER_SIZE });
    this.#notify.listen(onNotify);
    // Other values, and so changes of the configuration, which are rare, stay exits.
    this.#acknowledge = vm.createDoorbell({
      address: base + INTERRUPT_ACK,
      size: REGISTER_SIZE,
      value: INT_USED_BUFFER,
    });
  }

  disconnect(): void {
    this.#notify?.ignore();
    this.#acknowledge?.ignore();
    this.#vm =
      this.#interrupt =
      this.#notify =
      this.#acknowledge =
        undefined;
  }

  interrupt(): void {
    this.#interrupt?.raise();
  }

  takeAcknowledged(): boolean {
    return this.#acknowledge?.take() ?? false;
  }

  /** Has something done at the next acknowledgement, once. */
  onceAcknowledged(action: () => void): void {
    this.#acknowledge?.listen(() => {
      this.#acknowledge?.ignore();
      action();
    });
  }

  show(bytes: Uint8Array<ArrayBufferLike>): void {
    this.#vm?.showPastCaches(bytes);
  }
}

/** The devices of one machine, in the order in which a kernel finds them. */
export class VirtioDevices {
  /** For the device tree. */
  readonly places: readonly Place[];
  readonly #devices: readonly VirtioDevice[];
  readonly #memory: GuestMemory;
  readonly #connections: readonly Connection[];
  readonly #transports: readonly VirtioMmio[];

  /**
   * Puts devices on the bus.
   *
   * @param memory Has {@linkcode VIRTIO_PAGES}, if there are devices.
   * @throws {VirtMachineError} if there are more than the machine has places for.
   */
  constructor(devices: readonly VirtioDevice[], bus: MmioBus, memory: GuestMemory) {
    if (devices.length > VIRTIO_MMIO_COUNT) {
      throw new VirtMachineError(
        `${devices.length} virtio devices are too many: the virt machine has room for ${VIRTIO_MMIO_COUNT}`,
      );
    }
    this.#devices = devices;
    this.#memory = memory;
    this.places = devices.map((_, i) => virtioPlace(i));
    this.#connections = this.places.map((place) => new Connection(place, memory));
    this.#transports = devices.map((device, i) => {
      const { base, size } = virtioPlace(i);
      const transport = new VirtioMmio(device, memory, this.#connections[i]!);
      bus.attach(device.name, base, size, transport);
      return transport;
    });
  }

  /**
   * Connects all of them to a new virtual machine, whose GIC is ready: what a
   * driver does all the time is no exit there.
   *
   * @param slot The memory slot that is theirs.
   */
  connect(vm: SmpVm, slot: number): void {
    if (this.#devices.length === 0) return;
    const { base, size } = VIRTIO_PAGES;
    const bytes = this.#memory.bytes(base, size);
    vm.setUserMemoryRegion({ slot, guestPhysAddr: base, bytes, readOnly: true });
    for (const [i, connection] of this.#connections.entries()) {
      connection.connect(vm, () => this.#transports[i]!.notified());
    }
  }

  /** Is cut off from its virtual machine. */
  disconnect(): void {
    for (const connection of this.#connections) connection.disconnect();
  }

  /** Whether this thread's event loop will tell one of them of something. */
  get isBusy(): boolean {
    return this.#devices.some((device) => device.isBusy === true);
  }

  /** Nobody looks after acknowledgements for a while: from those that are still to come, the registers shall tell of all the same. */
  rest(): void {
    for (const [i, transport] of this.#transports.entries()) {
      if (!transport.isPending) continue;
      this.#connections[i]!.onceAcknowledged(() => transport.isPending);
    }
  }

  /** What has come about beside loads and stores. */
  counters(): readonly Counter[] {
    return this.#transports.map(({ counts }, i): Counter => {
      const { notifications, interrupts, resetsNeeded, lastFault } = counts;
      const faults = resetsNeeded === 0 ? "" : `, ${resetsNeeded} resets needed: ${lastFault}`;
      const text = `${notifications} notifications, ${interrupts} interrupts${faults}`;
      return [`  ${this.#devices[i]!.name}`, text];
    });
  }

  /** Resets all of them, as the machine's reset does. When this resolves they leave guest memory alone. */
  async reset(): Promise<void> {
    for (const transport of this.#transports) await transport.reset();
  }
}
