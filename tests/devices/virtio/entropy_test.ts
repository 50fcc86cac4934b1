/** Tests the entropy device with a driver's queue. */

import { assert, assertEquals } from "@std/assert";
import { VirtioEntropy } from "../../../devices/virtio/entropy.ts";
import type { VirtioHost } from "../../../devices/virtio/device.ts";
import { SplitQueue } from "../../../devices/virtio/split_queue.ts";
import { DriverQueue, guestMemory, RAM } from "./driver_queue.ts";

const BUFFER = RAM.base + 0x1_0000;

/** A device that runs; its numbers are all 0xa5. */
function setUp() {
  const memory = guestMemory();
  const driver = new DriverQueue(memory, { size: 64 });
  const queue = new SplitQueue(memory, driver.setup);
  const told: string[] = [];
  const host: VirtioHost = {
    features: new Set(),
    queues: [queue],
    used: (queue) => void (queue.wantsInterrupt() && told.push("used")),
    again: () => told.push("again"),
    configChanged() {},
    needsReset: (why) => told.push(why),
  };
  const device = new VirtioEntropy((bytes) => bytes.fill(0xa5));
  return { memory, driver, queue, device, host, told };
}

Deno.test("VirtioEntropy fills what a driver offers, also what was there before it started", () => {
  const { memory, driver, queue, device, host, told } = setUp();
  const first = driver.offer({ address: BUFFER, length: 8, isWritable: true });
  device.start(host);
  assertEquals(driver.takeUsed(), [[first, 8]]);
  const second = driver.offer({ address: BUFFER + 16, length: 4, isWritable: true });
  device.notify(queue);
  assertEquals(driver.takeUsed(), [[second, 4]]);
  assertEquals(
    [...memory.bytes(BUFFER, 21)].map((byte) => Number(byte === 0xa5)).join(""),
    "111111110000000011110",
  );
  assertEquals(told, ["used", "used"]);
});

Deno.test("VirtioEntropy gives less than an enormous buffer has room for", () => {
  const { memory, driver, device, host } = setUp();
  driver.offer({ address: BUFFER, length: 0x2_0000, isWritable: true });
  device.start(host);
  assertEquals(driver.takeUsed(), [[0, 0x1_0000]]);
  assertEquals([...memory.bytes(BUFFER + 0xffff, 2)], [0xa5, 0]);
});

Deno.test("VirtioEntropy gives a chain without room back", () => {
  const { driver, device, host } = setUp();
  driver.offer({ address: BUFFER, length: 8 });
  device.start(host);
  assertEquals(driver.takeUsed(), [[0, 0]]);
});

Deno.test("VirtioEntropy asks for a reset after a chain that cannot be", () => {
  const { driver, queue, device, host, told } = setUp();
  driver.offerHead(64);
  device.start(host);
  assertEquals(told, ["a descriptor is number 64 of 64"]);
  device.stop();
  assert(queue.fault !== undefined);
});

Deno.test("VirtioEntropy lets others have their turn when a driver offers more and more", () => {
  const { driver, queue, host, told } = setUp();
  let offered = 0;
  const device = new VirtioEntropy(() => {
    // What a driver on another CPU might do meanwhile.
    if (offered++ < 1000) driver.offer({ address: BUFFER, length: 8, isWritable: true });
  });
  driver.offer({ address: BUFFER, length: 8, isWritable: true });
  device.start(host);
  assertEquals([told, driver.takeUsed().length], [["again", "used"], 64]);
  device.notify(queue);
  assertEquals(driver.takeUsed().length, 64);
});
