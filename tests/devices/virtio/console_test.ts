/** Tests what a virtio console is to its driver, be it a bad one. */

import { assert, assertEquals } from "@std/assert";
import * as vc from "../../../devices/virtio/console.ts";
import { VirtioMmio } from "../../../devices/virtio/mmio.ts";
import * as v from "../../../devices/virtio/spec.ts";
import { SplitQueue } from "../../../devices/virtio/split_queue.ts";
import { randomWords } from "../../soft/random.ts";
import { bytesOf } from "../../streams.ts";
import { BUFFER, from, into, settled, setUp, SIZE, text } from "./console_driver.ts";
import type { Piece } from "./driver_queue.ts";
import { wiresTo } from "./wires.ts";

Deno.test("VirtioConsole is device 3, with a queue in each direction, and offers what it can", () => {
  const { device } = setUp();
  assertEquals([device.deviceId, device.name], [3, "virtio-console"]);
  assertEquals([device.features, device.queueSizes], [[0, 2], [64, 64]]);
  assertEquals([device.config.length, device.config.some(Boolean)], [12, false]);
});

Deno.test("VirtioConsole lets others have their turn when a driver offers more and more", () => {
  for (const index of [vc.RECEIVEQ, vc.TRANSMITQ]) {
    const { device, host, queues, receive, transmit, notify, told } = setUp();
    const driver = index === vc.RECEIVEQ ? receive : transmit;
    driver.offer(from(0));
    // What a driver on another CPU might do meanwhile.
    const queue = queues[index]!;
    const give = queue.give.bind(queue);
    queue.give = (head, written) => {
      give(head, written);
      driver.offer(from(0));
    };
    device.start(host);
    assertEquals([told, driver.takeUsed().length], [[`again ${index}`, `used ${index}`], SIZE]);
    notify(index);
    assertEquals(driver.takeUsed().length, SIZE);
  }
});

Deno.test("VirtioConsole asks for a reset after a chain that cannot be", () => {
  for (const index of [vc.RECEIVEQ, vc.TRANSMITQ]) {
    const { device, host, receive, transmit, notify, told, output } = setUp();
    (index === vc.RECEIVEQ ? receive : transmit).offerHead(64);
    device.start(host);
    assertEquals(told, ["a descriptor is number 64 of 64"]);
    notify(index);
    device.stop();
    assertEquals(output.text, "");
  }
});

Deno.test("VirtioConsole does without queues that a driver has not set up, or takes away", async () => {
  const { device, host, queues, receive, transmit, keyboard, told, output } = setUp({
    isHeldUp: true,
  });
  const none = { ...host, queues: [undefined, undefined] };
  device.start(none);
  device.stop();
  receive.offer(into(8));
  transmit.offer(from(150_000));
  device.start(host);
  await settled();
  queues.fill(undefined);
  keyboard.type("x");
  output.release();
  await settled();
  assertEquals([receive.takeUsed(), transmit.takeUsed(), told], [[], [], []]);
});

Deno.test("VirtioConsole tells a driver of its window's size, if that was agreed on", () => {
  const { device, host, connect, told } = setUp();
  device.start(host);
  assertEquals(told, []);
  device.resize(132, 43);
  assertEquals([...device.config], [132, 0, 43, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  assertEquals(told, ["config"]);
  device.stop();
  device.resize(0x1_2345, 300);
  assertEquals([...device.config.subarray(0, 4)], [0xff, 0xff, 0x2c, 1]);
  assertEquals(told, ["config"]);
  // A driver that starts does not look by itself.
  device.start(connect().host);
  assertEquals(told, ["config", "config"]);
  device.stop();
  device.start({ ...host, features: new Set([vc.VIRTIO_CONSOLE_F_EMERG_WRITE]) });
  device.resize(80, 25);
  assertEquals(told, ["config", "config"]);
});

Deno.test("VirtioConsole asks for a reset if its queues are nowhere", () => {
  const { memory, device, host, queues, transmit, told } = setUp();
  queues.fill(new SplitQueue(memory, { ...transmit.setup, desc: 0 }));
  device.start(host);
  const [why] = told;
  assert(why?.startsWith("a part of the queue is not in the guest's memory"));
  device.stop();
});

Deno.test("VirtioConsole works behind its registers", async () => {
  const { memory, device, receive, transmit, keyboard, output } = setUp();
  let interrupts = 0;
  const mmio = new VirtioMmio(device, memory, wiresTo(() => interrupts++));
  const write = (offset: number, value: number) => mmio.write(offset, 4, value);
  const size = () => [mmio.read(v.CONFIG, 2), mmio.read(v.CONFIG + 2, 2)];
  // Before there is anything else.
  write(v.CONFIG + 8, 0x21);
  device.resize(80, 25);
  assertEquals([size(), interrupts], [[80, 25], 0]);
  write(v.STATUS, v.ACKNOWLEDGE | v.DRIVER);
  for (const [select, bits] of [1 << vc.VIRTIO_CONSOLE_F_SIZE, 1].entries()) {
    write(v.DRIVER_FEATURES_SEL, select);
    write(v.DRIVER_FEATURES, bits);
  }
  write(v.STATUS, v.ACKNOWLEDGE | v.DRIVER | v.FEATURES_OK);
  for (const [index, { setup }] of [receive, transmit].entries()) {
    write(v.QUEUE_SEL, index);
    write(v.QUEUE_NUM, setup.size);
    write(v.QUEUE_DESC_LOW, setup.desc);
    write(v.QUEUE_DRIVER_LOW, setup.driver);
    write(v.QUEUE_DEVICE_LOW, setup.device);
    write(v.QUEUE_READY, 1);
  }
  write(v.STATUS, v.ACKNOWLEDGE | v.DRIVER | v.FEATURES_OK | v.DRIVER_OK);
  assertEquals([mmio.read(v.INTERRUPT_STATUS, 4), interrupts], [v.INT_CONFIG_CHANGE, 1]);
  const generation = mmio.read(v.CONFIG_GENERATION, 4);
  device.resize(132, 43);
  assertEquals([size(), interrupts], [[132, 43], 2]);
  assertEquals(mmio.read(v.CONFIG_GENERATION, 4), generation + 1);
  memory.write(BUFFER, bytesOf("Hello"));
  transmit.offer(from(5));
  write(v.QUEUE_NOTIFY, vc.TRANSMITQ);
  receive.offer(into(8));
  write(v.QUEUE_NOTIFY, vc.RECEIVEQ);
  // A queue that is none.
  write(v.QUEUE_NOTIFY, 2);
  keyboard.type("keys");
  await settled();
  assertEquals([transmit.takeUsed(), receive.takeUsed()], [[[0, 0]], [[0, 4]]]);
  assertEquals([output.text, text(memory, BUFFER, 5)], ["!Hello", "keyso"]);
  assertEquals(mmio.read(v.INTERRUPT_STATUS, 4), v.INT_CONFIG_CHANGE | v.INT_USED_BUFFER);
  await mmio.reset();
  assertEquals([mmio.read(v.STATUS, 4), mmio.counts.resetsNeeded], [0, 0]);
});

Deno.test("VirtioConsole keeps the order of random chains in both directions", async () => {
  const words = randomWords(7);
  const random = (below: number) => (words() >>> 0) % below;
  const { memory, device, host, receive, transmit, notify, keyboard, output } = setUp();
  const typed = new Uint8Array(20_000).map(() => random(256));
  const [sent, got]: [number[], number[]] = [[], []];
  let given = 0;
  device.start(host);
  for (let round = 0; round < 400; round++) {
    const length = Math.min(random(100), typed.length - given);
    if (length > 0) keyboard.type(typed.subarray(given, given += length));
    // What is to be read lies in one half of the buffer, what is written in the other.
    const piece = (isWritable: boolean, i: number): Piece => {
      const address = BUFFER + (isWritable ? 0x1_0000 : 0) + 0x400 * i + random(0x100);
      return { address, length: random(4) === 0 ? 0 : random(0x200), isWritable };
    };
    const readable = Array.from({ length: random(4) }, (_, i) => piece(false, i));
    const writable = Array.from({ length: 1 + random(4) }, (_, i) => piece(true, i));
    for (const { address, length } of readable) {
      const bytes = memory.bytes(address, length);
      bytes.forEach((_, i) => bytes[i] = random(256));
      sent.push(...bytes);
    }
    transmit.offer(...readable, ...writable);
    notify(vc.TRANSMITQ);
    assertEquals(transmit.takeUsed().length, 1);
    receive.offer(...readable, ...writable);
    notify(vc.RECEIVEQ);
    await settled();
    let used = receive.takeUsed();
    if (used.length === 0) {
      keyboard.type(typed.subarray(given, ++given));
      await settled();
      used = receive.takeUsed();
    }
    let [[, left = -1] = []] = used;
    for (const { address, length } of writable) {
      got.push(...memory.bytes(address, Math.min(length, left)));
      left -= Math.min(length, left);
    }
    assertEquals(left, 0);
  }
  assertEquals(output.bytes, new Uint8Array(sent));
  assertEquals(new Uint8Array(got), typed.subarray(0, got.length));
  assert(got.length > 1000);
});
