/** Tests where a machine's virtio devices are, and what interrupts they raise. */

import { assertEquals, assertThrows } from "@std/assert";
import { MmioBus } from "../../devices/bus.ts";
import type { VirtioDevice, VirtioHost } from "../../devices/virtio/device.ts";
import * as v from "../../devices/virtio/spec.ts";
import { VirtMachineError } from "../../machine/virt_limits.ts";
import { VirtioDevices } from "../../machine/virtio.ts";
import { guestMemory } from "../devices/virtio/driver_queue.ts";
import { dataOf, loadExit, storeExit } from "../mmio.ts";

/** A device that gives its host away. */
function device(deviceId: number): VirtioDevice & { host?: VirtioHost; stops: number } {
  return {
    ...{ name: `device ${deviceId}`, deviceId, features: [], queueSizes: [], stops: 0 },
    config: new Uint8Array(),
    start(host) {
      this.host = host;
    },
    notify() {},
    stop() {
      this.stops++;
    },
  };
}

/** Devices on a bus, and what became of their lines. */
function setUp(...devices: VirtioDevice[]) {
  const bus = new MmioBus();
  const levels: [spi: number, level: boolean][] = [];
  const all = new VirtioDevices(devices, bus, guestMemory(), (...level) => levels.push(level));
  return { bus, all, levels };
}

/** Brings a device to where it runs. */
function drive(bus: MmioBus, base: number): void {
  const write = (offset: number, value: number) =>
    bus.access(storeExit(base + offset, 4, BigInt(value)));
  write(v.DRIVER_FEATURES_SEL, 1);
  write(v.DRIVER_FEATURES, 1);
  for (const status of [1, 3, 11, 15]) write(v.STATUS, status);
}

Deno.test("VirtioDevices has a place and an interrupt for each, in steps of 512 bytes", () => {
  const { bus, all } = setUp(device(1), device(2));
  const ids = [0x0a00_0008, 0x0a00_0208].map((address) => {
    const exit = loadExit(address, 4);
    bus.access(exit);
    return dataOf(exit) & 0xffff_ffffn;
  });
  assertEquals(ids, [1n, 2n]);
  assertEquals(all.places.map(({ base, size, spi }) => [base, size, spi]), [
    [0x0a00_0000, 0x200, 16],
    [0x0a00_0200, 0x200, 17],
  ]);
});

Deno.test("VirtioDevices makes an edge of an interrupt", () => {
  const second = device(2);
  const { bus, levels } = setUp(device(1), second);
  drive(bus, 0x0a00_0200);
  second.host!.configChanged();
  assertEquals(levels, [[17, true], [17, false]]);
});

Deno.test("VirtioDevices.reset stops those that run", async () => {
  const devices = [device(1), device(2)];
  const { bus, all } = setUp(...devices);
  drive(bus, 0x0a00_0200);
  await all.reset();
  await all.reset();
  assertEquals(devices.map(({ stops }) => stops), [0, 1]);
});

Deno.test("VirtioDevices has room for 32", () => {
  setUp(...Array.from({ length: 32 }, (_, i) => device(i)));
  const tooMany = Array.from({ length: 33 }, (_, i) => device(i));
  assertThrows(() => setUp(...tooMany), VirtMachineError, "room for 32");
});
