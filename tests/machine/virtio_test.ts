/** Tests where a machine's virtio devices are, and what interrupts they raise. */

import { assertEquals, assertThrows } from "@std/assert";
import { MmioBus } from "../../devices/bus.ts";
import type { VirtioDevice, VirtioHost } from "../../devices/virtio/device.ts";
import * as v from "../../devices/virtio/spec.ts";
import { VirtMachineError } from "../../machine/virt_limits.ts";
import { VIRTIO_PAGES, VirtioDevices } from "../../machine/virtio.ts";
import type { Doorbell, Interrupt, MemoryRegion, Register, SmpVm } from "../../vm/contract.ts";
import { guestMemory, RAM } from "../devices/virtio/driver_queue.ts";
import { dataOf, loadExit, storeExit } from "../mmio.ts";

const SLOT = 2;

/** A device that gives its host away. */
function device(
  deviceId: number,
): VirtioDevice & { host?: VirtioHost; stops: number; notified: number } {
  return {
    ...{ name: `device ${deviceId}`, deviceId, features: [], queueSizes: [4, 4] },
    ...{ stops: 0, notified: 0 },
    config: new Uint8Array(),
    start(host) {
      this.host = host;
    },
    notify() {
      this.notified++;
    },
    stop() {
      this.stops++;
    },
  };
}

/** A virtual machine as far as virtio devices know it: what it was told, and ways to be its guest. */
class FakeVm {
  readonly told: unknown[] = [];
  readonly bells = new Map<string, { rung: boolean; listener?: () => void }>();
  setUserMemoryRegion({ slot, guestPhysAddr, readOnly }: MemoryRegion): void {
    this.told.push(["region", slot, guestPhysAddr, readOnly]);
  }
  createInterrupt(spi: number): Interrupt {
    return { raise: () => this.told.push(["interrupt", spi]) };
  }
  createDoorbell({ address, size, value }: Register): Doorbell {
    const bell: { rung: boolean; listener?: () => void } = { rung: false };
    this.bells.set(`${address.toString(16)} ${size} ${value}`, bell);
    return {
      take: () => [bell.rung, bell.rung = false][0]!,
      listen(listener) {
        bell.listener = listener;
        if (bell.rung) listener();
      },
      ignore: () => bell.listener = undefined,
      [Symbol.dispose]() {},
    };
  }
  showPastCaches(): void {}
  /** A guest's store to a register with a bell. */
  ring(name: string): void {
    const bell = this.bells.get(name)!;
    bell.rung = true;
    bell.listener?.();
  }
}

/** Devices on a bus and in a virtual machine. */
function setUp(...devices: VirtioDevice[]) {
  const bus = new MmioBus();
  const memory = guestMemory({ ...VIRTIO_PAGES, readOnly: true });
  const all = new VirtioDevices(devices, bus, memory);
  const vm = new FakeVm();
  all.connect(vm as Partial<SmpVm> as SmpVm, SLOT);
  const show = (address: number) => memory.readUint32(address);
  return { bus, all, vm, show };
}

/** Brings a device to where it runs. */
function drive(bus: MmioBus, base: number): void {
  const write = (offset: number, value: number) =>
    bus.access(storeExit(base + offset, 4, BigInt(value)));
  write(v.DRIVER_FEATURES_SEL, 1);
  write(v.DRIVER_FEATURES, 1);
  for (const status of [1, 3, 11]) write(v.STATUS, status);
  write(v.QUEUE_NUM, 4);
  write(v.QUEUE_DESC_LOW, RAM.base);
  write(v.QUEUE_DRIVER_LOW, RAM.base + 0x100);
  write(v.QUEUE_DEVICE_LOW, RAM.base + 0x200);
  write(v.QUEUE_READY, 1);
  write(v.STATUS, 15);
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

Deno.test("VirtioDevices.connect shows registers, and takes notifications and acknowledgements", () => {
  const { vm } = setUp(device(1), device(2));
  assertEquals(vm.told, [["region", SLOT, 0x0a00_0000, true]]);
  assertEquals([...vm.bells.keys()], [
    "a000050 4 undefined",
    "a000064 4 1",
    "a000250 4 undefined",
    "a000264 4 1",
  ]);
});

Deno.test("VirtioDevices raises the interrupt of a device", () => {
  const second = device(2);
  const { bus, vm } = setUp(device(1), second);
  drive(bus, 0x0a00_0200);
  second.host!.configChanged();
  assertEquals(vm.told.at(-1), ["interrupt", 17]);
});

Deno.test("VirtioDevices shows the guest every register as a load would give it", () => {
  const second = device(2);
  const { bus, show } = setUp(device(1), second);
  const loaded = (address: number) => {
    const exit = loadExit(address, 4);
    bus.access(exit);
    return Number(dataOf(exit) & 0xffff_ffffn);
  };
  const check = () => {
    for (let at = 0x0a00_0000; at < 0x0a00_0400; at += 4) assertEquals(show(at), loaded(at));
  };
  check();
  drive(bus, 0x0a00_0200);
  check();
  assertEquals(show(0x0a00_0200 + v.STATUS), 15);
  second.host!.configChanged();
  check();
  assertEquals(show(0x0a00_0200 + v.INTERRUPT_STATUS), v.INT_CONFIG_CHANGE);
  assertEquals(show(0x0a00_0200 + v.CONFIG_GENERATION), 1);
  second.host!.needsReset("a test");
  check();
});

Deno.test("VirtioDevices notifies a device of all its queues that are set up", () => {
  const first = device(1);
  const { bus, vm } = setUp(first);
  vm.ring("a000050 4 undefined");
  drive(bus, 0x0a00_0000);
  vm.ring("a000050 4 undefined");
  assertEquals(first.notified, 1);
});

Deno.test("VirtioDevices takes an acknowledgement off what is shown, at rest when it comes", () => {
  const first = device(1);
  const { bus, all, vm, show } = setUp(first);
  const status = () => show(0x0a00_0000 + v.INTERRUPT_STATUS);
  const ack = "a000064 4 1";
  drive(bus, 0x0a00_0000);
  const use = () => {
    const queue = first.host!.queues[0]!;
    queue.give(0, 0);
    first.host!.used(queue);
  };
  use();
  assertEquals(status(), v.INT_USED_BUFFER);
  vm.ring(ack);
  // Not looked at yet.
  assertEquals(status(), v.INT_USED_BUFFER);
  use();
  // What was acknowledged before is not what was raised after.
  all.rest();
  assertEquals(status(), v.INT_USED_BUFFER);
  vm.ring(ack);
  assertEquals(status(), 0);
  use();
  vm.ring(ack);
  all.rest();
  assertEquals(status(), 0);
});

Deno.test("VirtioDevices.reset stops those that run", async () => {
  const devices = [device(1), device(2)];
  const { bus, all } = setUp(...devices);
  drive(bus, 0x0a00_0200);
  await all.reset();
  await all.reset();
  assertEquals(devices.map(({ stops }) => stops), [0, 1]);
});

Deno.test("VirtioDevices.counters tells of notifications, interrupts and what a driver has done wrong", () => {
  const first = device(1);
  const { bus, all, vm } = setUp(first, device(2));
  drive(bus, 0x0a00_0000);
  vm.ring("a000050 4 undefined");
  first.host!.configChanged();
  first.host!.needsReset("a test");
  first.host!.needsReset("a test again");
  assertEquals(all.counters(), [
    ["  device 1", "1 notifications, 2 interrupts, 1 resets needed: a test again"],
    ["  device 2", "0 notifications, 0 interrupts"],
  ]);
});

Deno.test("VirtioDevices has room for 32", () => {
  setUp(...Array.from({ length: 32 }, (_, i) => device(i)));
  const tooMany = Array.from({ length: 33 }, (_, i) => device(i));
  assertThrows(() => setUp(...tooMany), VirtMachineError, "room for 32");
});
