/** The virt machine's virtio devices: each at its place, with its interrupt. */

import type { MmioBus } from "../devices/bus.ts";
import type { VirtioDevice } from "../devices/virtio/device.ts";
import { VirtioMmio } from "../devices/virtio/mmio.ts";
import type { GuestMemory } from "../vm/guest_memory.ts";
import {
  type Place,
  VIRTIO_MMIO,
  VIRTIO_MMIO_COUNT,
  VIRTIO_MMIO_FIRST_SPI,
} from "./virt_layout.ts";
import { VirtMachineError } from "./virt_limits.ts";

/** Where the virtio device of a number is. */
function virtioPlace(number: number): Place {
  const { base, size } = VIRTIO_MMIO;
  return { base: base + number * size, size, spi: VIRTIO_MMIO_FIRST_SPI + number };
}

/** The devices of one machine, in the order in which a kernel finds them. */
export class VirtioDevices {
  /** For the device tree. */
  readonly places: readonly Place[];
  readonly #devices: readonly VirtioDevice[];
  readonly #transports: readonly VirtioMmio[];

  /**
   * Puts devices on the bus.
   *
   * @param line Sets the level of a shared peripheral interrupt.
   * @throws {VirtMachineError} if there are more than the machine has places for.
   */
  constructor(
    devices: readonly VirtioDevice[],
    bus: MmioBus,
    memory: GuestMemory,
    line: (spi: number, level: boolean) => void,
  ) {
    if (devices.length > VIRTIO_MMIO_COUNT) {
      throw new VirtMachineError(
        `${devices.length} virtio devices are too many: the virt machine has room for ${VIRTIO_MMIO_COUNT}`,
      );
    }
    this.#devices = devices;
    this.places = devices.map((_, i) => virtioPlace(i));
    this.#transports = devices.map((device, i) => {
      const { base, size, spi } = virtioPlace(i);
      // The device tree says that it is the edge which counts.
      const transport = new VirtioMmio(device, memory, () => {
        line(spi, true);
        line(spi, false);
      });
      bus.attach(device.name, base, size, transport);
      return transport;
    });
  }

  /** Whether this thread's event loop will tell one of them of something. */
  get isBusy(): boolean {
    return this.#devices.some((device) => device.isBusy === true);
  }

  /** Resets all of them, as the machine's reset does. When this resolves they leave guest memory alone. */
  async reset(): Promise<void> {
    for (const transport of this.#transports) await transport.reset();
  }
}
