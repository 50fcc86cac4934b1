/** Tests what becomes of the bytes that a driver hands a virtio console. */

import { assert, assertEquals } from "@std/assert";
import * as vc from "../../../devices/virtio/console.ts";
import { bytesOf } from "../../streams.ts";
import { BLOCK, BUFFER, from, into, settled, setUp, SIZE } from "./console_driver.ts";
import { RAM } from "./driver_queue.ts";

Deno.test("VirtioConsole prints what a driver hands over, also what was there before it started", async () => {
  const { memory, device, host, transmit, notify, output, console, told } = setUp();
  memory.write(BUFFER, bytesOf("Hello, world\n"));
  const first = transmit.offer(from(5), from(0), from(2, BUFFER + 5));
  device.start(host);
  assertEquals(transmit.takeUsed(), [[first, 0]]);
  const second = transmit.offer(from(6, BUFFER + 7), into(100, BUFFER + 0x1000));
  notify(vc.TRANSMITQ);
  assertEquals(transmit.takeUsed(), [[second, 0]]);
  await settled();
  assertEquals([output.text, console.bytesOut], ["Hello, world\n", 13]);
  assertEquals(told, ["used 1", "used 1"]);
  assert(memory.bytes(BUFFER + 0x1000, 100).every((byte) => byte === 0));
});

Deno.test("VirtioConsole writes output out by itself, many chains at a time", async () => {
  const { device, host, transmit, notify, console } = setUp();
  let flushes = 0;
  console.flush = () => void flushes++;
  device.start(host);
  for (let i = 0; i < 10; i++) {
    transmit.offer(from(16));
    notify(vc.TRANSMITQ);
  }
  assertEquals(flushes, 0);
  await settled();
  assertEquals(flushes, 1);
});

Deno.test("VirtioConsole gives chains back in which there is nothing to print", async () => {
  const { device, host, transmit, output, told } = setUp();
  transmit.offer(from(0));
  transmit.offer(into(8));
  transmit.offer(from(0), from(0), into(0));
  device.start(host);
  assertEquals(transmit.takeUsed(), [[0, 0], [1, 0], [2, 0]]);
  await settled();
  assertEquals([output.text, told], ["", ["used 1"]]);
});

Deno.test("VirtioConsole keeps a chain for which there is no room, and loses none of it", async () => {
  const { memory, device, host, transmit, notify, output, console } = setUp({ isHeldUp: true });
  const bytes = memory.bytes(BUFFER, 50_000);
  bytes.forEach((_, i) => bytes[i] = i * 7 + (i >> 8));
  device.start(host);
  // One block is under way, and another one waits: that is not enough.
  for (let i = 0; i < 3; i++) transmit.offer(from(10_000), from(40_000, BUFFER + 10_000));
  notify(vc.TRANSMITQ);
  await settled();
  assertEquals(transmit.takeUsed().length, 2);
  assertEquals([device.isBusy, console.bytesOut], [true, 2 * BLOCK]);
  // A notification does not help.
  transmit.offer(from(3));
  notify(vc.TRANSMITQ);
  assertEquals([transmit.takeUsed(), console.waits], [[], 2]);
  output.release();
  await settled();
  assertEquals(transmit.takeUsed(), [[4, 0], [6, 0]]);
  assertEquals(output.bytes, new Uint8Array([...bytes, ...bytes, ...bytes, ...bytes.slice(0, 3)]));
  assertEquals(device.isBusy, false);
});

Deno.test("VirtioConsole prints no more of an enormous chain at a time than there is room for", async () => {
  const { memory, device, host, transmit, console, told } = setUp({ isHeldUp: true });
  const table = BUFFER;
  for (let i = 0; i < SIZE; i++) {
    const flags = i < SIZE - 1 ? 1 : 0;
    transmit.describe(i, { address: RAM.base, length: RAM.size, flags, next: i + 1 }, table);
  }
  memory.bytes(RAM.base + 0x2000, 16).fill(0);
  transmit.describe(0, { address: table, length: 16 * SIZE, flags: 4 });
  transmit.offerHead(0);
  device.start(host);
  assertEquals(console.bytesOut, BLOCK);
  await settled();
  assertEquals([console.bytesOut, transmit.takeUsed()], [2 * BLOCK, []]);
  assertEquals(told, []);
});

Deno.test("VirtioConsole leaves output alone that a reset has taken back, however often", async () => {
  const { memory, device, host, transmit, connect, output, console } = setUp({ isHeldUp: true });
  memory.bytes(BUFFER, 150_000).fill(0x41);
  transmit.offer(from(150_000));
  device.start(host);
  await settled();
  const waits = console.waits;
  for (let i = 0; i < 100; i++) {
    device.stop();
    const { host, transmit } = connect();
    transmit.offer(from(150_000));
    device.start(host);
  }
  assertEquals(console.waits, waits);
  device.stop();
  const last = connect();
  memory.bytes(BUFFER, 3).fill(0x42);
  output.release();
  await settled();
  assertEquals([output.bytes.length, device.isBusy], [2 * BLOCK, false]);
  assert(output.bytes.every((byte) => byte === 0x41));
  assertEquals([transmit.takeUsed(), last.transmit.takeUsed()], [[], []]);
  const head = last.transmit.offer(from(3));
  device.start(last.host);
  assertEquals(last.transmit.takeUsed(), [[head, 0]]);
  await settled();
  assertEquals(output.text.slice(2 * BLOCK), "BBB");
});

Deno.test("VirtioConsole prints nothing behind what ends the machine", async () => {
  const seen: number[] = [];
  const { memory, device, host, transmit, notify, output, console } = setUp({
    onOutput: (byte) => (seen.push(byte), byte !== 0x0a),
  });
  memory.write(BUFFER, bytesOf("one\ntwo\n"));
  transmit.offer(from(8), from(8));
  device.start(host);
  transmit.offer(from(8));
  notify(vc.TRANSMITQ);
  await settled();
  assertEquals([output.text, seen.length, console.bytesOut], ["one\n", 4, 4]);
});

Deno.test("VirtioConsole prints a byte in an emergency, before anything is set up and afterwards", async () => {
  const { device, host, console, output } = setUp();
  device.writeConfig(8, 4, 0x1234_5648);
  device.start(host);
  device.writeConfig(8, 1, 0x69);
  for (const offset of [0, 2, 4, 9, 10, 12, 0x100]) device.writeConfig(offset, 1, 0x21);
  device.stop();
  await console.drain();
  assertEquals(output.text, "Hi");
  assert(device.config.every((byte) => byte === 0));
});

Deno.test("VirtioConsole takes emergencies without end while the output takes nothing", () => {
  const { device, console } = setUp({ isHeldUp: true });
  for (let i = 0; i < 3 * BLOCK; i++) device.writeConfig(8, 4, 0x21);
  assertEquals(console.bytesOut, BLOCK);
});
