/** Tests virtio's registers (virtio 1.2, section 4.2.2) from the driver's side, right and wrong. */

import { assert, assertEquals } from "@std/assert";
import { NOT_YET } from "../../../devices/device.ts";
import type { VirtioDevice, VirtioHost } from "../../../devices/virtio/device.ts";
import { VirtioMmio } from "../../../devices/virtio/mmio.ts";
import * as v from "../../../devices/virtio/spec.ts";
import type { SplitQueue } from "../../../devices/virtio/split_queue.ts";
import { DriverQueue, guestMemory, RAM } from "./driver_queue.ts";
import { wiresTo } from "./wires.ts";

const BUFFER = RAM.base + 0x1000;
const UP_TO_FEATURES = v.ACKNOWLEDGE | v.DRIVER;

/** A device that only notes what it is asked to do. */
class NotingDevice implements VirtioDevice {
  readonly name = "a device";
  readonly deviceId = 42;
  readonly features = [3, 33];
  readonly queueSizes = [16, 8];
  readonly config = new Uint8Array([1, 2, 3, 4, 5]);
  readonly notes: string[] = [];
  host?: VirtioHost;
  /** How often stopping takes longer. */
  stopsLate = 0;

  start(host: VirtioHost): void {
    this.host = host;
    this.notes.push("start");
  }
  notify(_queue: SplitQueue, index: number): void {
    this.notes.push(`notify ${index}`);
  }
  stop(): typeof NOT_YET | void {
    this.notes.push("stop");
    if (this.stopsLate-- > 0) return NOT_YET;
  }
  progress(): Promise<void> {
    return Promise.resolve();
  }
  writeConfig(offset: number, size: number, value: number): void {
    this.notes.push(`config ${offset} ${size} ${value}`);
  }
}

/** A device on its transport, and a driver's hands. */
function setUp() {
  const memory = guestMemory();
  const device = new NotingDevice();
  let interrupts = 0;
  const mmio = new VirtioMmio(device, memory, wiresTo(() => interrupts++));
  const read = (offset: number) => mmio.read(offset, 4);
  const write = (offset: number, value: number) => mmio.write(offset, 4, value);
  /** Agrees on features, by their numbers. */
  const agree = (...bits: number[]) => {
    write(v.STATUS, UP_TO_FEATURES);
    for (const select of [0, 1]) {
      const mine = bits.filter((bit) => bit >> 5 === select);
      write(v.DRIVER_FEATURES_SEL, select);
      write(v.DRIVER_FEATURES, mine.reduce((word, bit) => (word | 1 << (bit & 31)) >>> 0, 0));
    }
    write(v.STATUS, UP_TO_FEATURES | v.FEATURES_OK);
    return (read(v.STATUS) & v.FEATURES_OK) !== 0;
  };
  /** Sets up a queue. */
  const setQueue = (index: number, { size, desc, driver, device }: DriverQueue["setup"]) => {
    write(v.QUEUE_SEL, index);
    write(v.QUEUE_NUM, size);
    write(v.QUEUE_DESC_LOW, desc);
    write(v.QUEUE_DRIVER_LOW, driver);
    write(v.QUEUE_DEVICE_LOW, device);
    write(v.QUEUE_READY, 1);
  };
  const drive = () => write(v.STATUS, UP_TO_FEATURES | v.FEATURES_OK | v.DRIVER_OK);
  return { memory, device, mmio, read, write, agree, setQueue, drive, raised: () => interrupts };
}

/** As far as a driver goes before it uses a device. */
function running(...features: number[]) {
  const all = setUp();
  const driver = new DriverQueue(all.memory, { size: 8 });
  assert(all.agree(v.VIRTIO_F_VERSION_1, ...features));
  all.setQueue(0, driver.setup);
  all.drive();
  return { ...all, driver };
}

Deno.test("VirtioMmio says what it is", () => {
  const { read } = setUp();
  assertEquals([v.MAGIC_VALUE, v.VERSION, v.DEVICE_ID].map(read), [0x7472_6976, 2, 42]);
  assertEquals([read(v.STATUS), read(v.INTERRUPT_STATUS), read(v.CONFIG_GENERATION)], [0, 0, 0]);
});

Deno.test("VirtioMmio answers only whole words at control registers", () => {
  const { mmio, write } = setUp();
  assertEquals([mmio.read(v.MAGIC_VALUE, 1), mmio.read(v.MAGIC_VALUE, 2)], [0, 0]);
  mmio.write(v.STATUS, 1, v.ACKNOWLEDGE);
  assertEquals(mmio.read(v.STATUS, 4), 0);
  write(v.STATUS, v.ACKNOWLEDGE);
  assertEquals(mmio.read(v.STATUS, 4), v.ACKNOWLEDGE);
});

Deno.test("VirtioMmio has registers that can only be read, and only be written", () => {
  const { read, write } = setUp();
  for (const offset of [v.MAGIC_VALUE, v.VERSION, v.DEVICE_ID, v.VENDOR_ID, v.QUEUE_NUM_MAX]) {
    const before = read(offset);
    write(offset, 0x5555_5555);
    assertEquals(read(offset), before);
  }
  write(v.QUEUE_NUM, 8);
  assertEquals([v.QUEUE_NUM, v.QUEUE_DESC_LOW, v.QUEUE_SEL, v.DRIVER_FEATURES].map(read), [
    0,
    0,
    0,
    0,
  ]);
});

Deno.test("VirtioMmio has no shared memory", () => {
  const { read, write } = setUp();
  write(v.SHM_SEL, 0);
  assertEquals([read(0x0b0), read(0x0b4), read(0x0b8), read(0x0bc)], Array(4).fill(0xffff_ffff));
});

Deno.test("VirtioMmio offers its device's features and those of queues, 32 at a time", () => {
  const { read, write } = setUp();
  const words = [0, 1, 2, 0xffff_ffff].map((select) => {
    write(v.DEVICE_FEATURES_SEL, select);
    return read(v.DEVICE_FEATURES);
  });
  assertEquals(words, [0x3000_0008, 0x0000_0003, 0, 0]);
});

Deno.test("VirtioMmio agrees on features that it offers", () => {
  const { agree, device, drive } = setUp();
  assert(agree(v.VIRTIO_F_VERSION_1, 3, v.VIRTIO_F_EVENT_IDX));
  drive();
  assertEquals([...device.host!.features].sort(), [29, 3, 32]);
});

Deno.test("VirtioMmio does not agree on a feature that it does not offer", () => {
  for (const bit of [0, 31, 34, v.VIRTIO_F_RING_RESET]) {
    assert(!setUp().agree(v.VIRTIO_F_VERSION_1, bit), `bit ${bit}`);
  }
});

Deno.test("VirtioMmio does not agree on features beyond the 64th", () => {
  const { write, read } = setUp();
  write(v.DRIVER_FEATURES_SEL, 1);
  write(v.DRIVER_FEATURES, 1);
  write(v.DRIVER_FEATURES_SEL, 2);
  write(v.DRIVER_FEATURES, 1);
  write(v.STATUS, UP_TO_FEATURES | v.FEATURES_OK);
  assertEquals(read(v.STATUS), UP_TO_FEATURES);
});

Deno.test("VirtioMmio does not agree without VIRTIO_F_VERSION_1", () => {
  assert(!setUp().agree(3));
});

Deno.test("VirtioMmio keeps to the features that have been agreed on", () => {
  const { agree, write, read, device, drive } = setUp();
  assert(agree(v.VIRTIO_F_VERSION_1));
  write(v.DRIVER_FEATURES_SEL, 0);
  write(v.DRIVER_FEATURES, 1 << 3);
  drive();
  assertEquals([...device.host!.features], [v.VIRTIO_F_VERSION_1]);
  assertEquals(read(v.STATUS), UP_TO_FEATURES | v.FEATURES_OK | v.DRIVER_OK);
});

Deno.test("VirtioMmio does not start a device before features are agreed on", () => {
  const { write, read, device } = setUp();
  write(v.STATUS, UP_TO_FEATURES | v.DRIVER_OK);
  assertEquals([read(v.STATUS), device.notes], [UP_TO_FEATURES, []]);
});

Deno.test("VirtioMmio keeps status bits that a driver leaves out, and takes none that is not the driver's", () => {
  const { write, read } = setUp();
  write(v.STATUS, v.ACKNOWLEDGE);
  write(v.STATUS, v.DRIVER | v.DEVICE_NEEDS_RESET | 0xffff_ff00);
  assertEquals(read(v.STATUS), UP_TO_FEATURES);
  write(v.STATUS, v.FAILED);
  assertEquals(read(v.STATUS), UP_TO_FEATURES | v.FAILED);
});

Deno.test("VirtioMmio has as many queues as its device, of sizes up to the device's", () => {
  const { read, write } = setUp();
  const sizes = [0, 1, 2, 0xffff_ffff].map((index) => {
    write(v.QUEUE_SEL, index);
    return read(v.QUEUE_NUM_MAX);
  });
  assertEquals(sizes, [16, 8, 0, 0]);
  write(v.QUEUE_READY, 1);
  assertEquals(read(v.QUEUE_READY), 0);
});

for (const size of [0, 3, 12, 32, 65535, 0x8000_0000]) {
  Deno.test(`VirtioMmio needs a reset when a queue is to have ${size} descriptors`, () => {
    const { agree, setQueue, read, mmio, memory } = setUp();
    agree(v.VIRTIO_F_VERSION_1);
    setQueue(0, { ...new DriverQueue(memory).setup, size });
    assertEquals(read(v.QUEUE_READY), 0);
    assertEquals(read(v.STATUS) & v.DEVICE_NEEDS_RESET, v.DEVICE_NEEDS_RESET);
    assertEquals(mmio.counts.lastFault, `queue 0 cannot have ${size} descriptors`);
  });
}

Deno.test("VirtioMmio lets nothing of a queue be changed while it is ready", () => {
  const { write, driver, device, agree, setQueue, drive } = running();
  write(v.QUEUE_NUM, 16);
  write(v.QUEUE_DESC_LOW, 0);
  write(v.STATUS, 0);
  agree(v.VIRTIO_F_VERSION_1);
  setQueue(0, driver.setup);
  write(v.QUEUE_NUM, 16);
  write(v.QUEUE_DESC_LOW, 0);
  drive();
  const [queue] = device.host!.queues;
  assertEquals([queue?.size, queue?.fault], [8, undefined]);
});

Deno.test("VirtioMmio tells its device that it runs, and of notifications from then on", () => {
  const { write, device, agree, setQueue, drive, memory } = setUp();
  agree(v.VIRTIO_F_VERSION_1);
  setQueue(1, new DriverQueue(memory).setup);
  write(v.QUEUE_NOTIFY, 1);
  drive();
  write(v.QUEUE_NOTIFY, 1);
  // Not set up, not there, and nowhere near.
  for (const index of [0, 2, 0xffff_ffff]) write(v.QUEUE_NOTIFY, index);
  drive();
  assertEquals(device.notes, ["start", "notify 1"]);
});

Deno.test("VirtioMmio needs a reset when a queue is not where it can be", () => {
  const { agree, setQueue, drive, read, write, memory, device, raised } = setUp();
  agree(v.VIRTIO_F_VERSION_1);
  setQueue(0, { ...new DriverQueue(memory).setup, device: 0x1000 });
  drive();
  assertEquals(read(v.STATUS) & v.DEVICE_NEEDS_RESET, v.DEVICE_NEEDS_RESET);
  assertEquals([read(v.INTERRUPT_STATUS), raised()], [v.INT_CONFIG_CHANGE, 1]);
  write(v.QUEUE_NOTIFY, 0);
  assertEquals(device.notes, ["start"]);
  write(v.STATUS, 0);
  assertEquals(read(v.STATUS), 0);
});

Deno.test("VirtioMmio raises an interrupt for a used buffer, until it is acknowledged", () => {
  const { device, driver, read, write, raised } = running();
  const [queue] = device.host!.queues;
  driver.offer({ address: BUFFER, length: 1 });
  const chain = queue!.newChain();
  queue!.take(chain);
  device.host!.used(queue!);
  assertEquals([read(v.INTERRUPT_STATUS), raised()], [0, 0]);
  queue!.give(chain.head, 0);
  device.host!.used(queue!);
  assertEquals([read(v.INTERRUPT_STATUS), raised()], [v.INT_USED_BUFFER, 1]);
  write(v.INTERRUPT_ACK, v.INT_CONFIG_CHANGE);
  assertEquals(read(v.INTERRUPT_STATUS), v.INT_USED_BUFFER);
  write(v.INTERRUPT_ACK, v.INT_USED_BUFFER);
  assertEquals(read(v.INTERRUPT_STATUS), 0);
});

Deno.test("VirtioMmio tells of a changed configuration by an interrupt and its generation", () => {
  const { device, read, raised, write } = running();
  device.host!.configChanged();
  assertEquals([read(v.INTERRUPT_STATUS), raised(), read(v.CONFIG_GENERATION)], [2, 1, 1]);
  write(v.STATUS, 0);
  assertEquals([read(v.INTERRUPT_STATUS), read(v.CONFIG_GENERATION)], [0, 1]);
});

Deno.test("VirtioMmio reads the configuration at any width, as zero behind its end, and hands stores on", () => {
  const { mmio, device } = setUp();
  const at = (offset: number, size: number) => mmio.read(v.CONFIG + offset, size);
  assertEquals([at(0, 1), at(1, 2), at(0, 4), at(4, 4), at(0xfc, 4)], [1, 0x302, 0x403_0201, 5, 0]);
  mmio.write(v.CONFIG + 2, 2, 0x1234);
  assertEquals(device.notes, ["config 2 2 4660"]);
});

Deno.test("VirtioMmio is as it was at first after a reset", () => {
  const { read, write, device, agree } = running(3);
  write(v.STATUS, 0);
  write(v.QUEUE_SEL, 0);
  assertEquals([read(v.STATUS), read(v.QUEUE_READY), device.notes], [0, 0, ["start", "stop"]]);
  write(v.QUEUE_NOTIFY, 0);
  assertEquals(device.notes.length, 2);
  assert(agree(v.VIRTIO_F_VERSION_1));
});

Deno.test("VirtioMmio lets the driver's reset wait until its device has stopped", () => {
  const { mmio, read, write, device } = running();
  device.stopsLate = 2;
  assertEquals([write(v.STATUS, 0), write(v.STATUS, 0)], [NOT_YET, NOT_YET]);
  assertEquals(read(v.STATUS) & v.DRIVER_OK, v.DRIVER_OK);
  assertEquals([write(v.STATUS, 0), read(v.STATUS)], [undefined, 0]);
  assert(mmio.progress !== undefined);
});

Deno.test("VirtioMmio.reset waits for its device", async () => {
  const { mmio, read, device } = running();
  device.stopsLate = 3;
  await mmio.reset();
  assertEquals([read(v.STATUS), device.notes.length], [0, 5]);
});

Deno.test("VirtioMmio survives a storm of resets and setups", () => {
  const { write, agree, setQueue, drive, read, memory, device } = setUp();
  const { setup } = new DriverQueue(memory);
  for (let i = 0; i < 10_000; i++) {
    agree(v.VIRTIO_F_VERSION_1);
    setQueue(i % 3, setup);
    drive();
    write(v.QUEUE_NOTIFY, 0);
    write(v.STATUS, 0);
  }
  assertEquals([read(v.STATUS), device.notes.filter((note) => note === "stop").length], [
    0,
    10_000,
  ]);
});
