/** Tests when and how what is typed at a virtio console reaches a driver. */

import { assertEquals } from "@std/assert";
import * as vc from "../../../devices/virtio/console.ts";
import { BUFFER, from, into, settled, setUp, text } from "./console_driver.ts";

Deno.test("VirtioConsole asks the host for input when the guest has room for it, and not before", async () => {
  const { memory, device, host, receive, notify, keyboard, told, console } = setUp();
  keyboard.type("early");
  device.start(host);
  await settled();
  assertEquals(keyboard.reads, 0);
  receive.offer(into(3), into(8, BUFFER + 0x100));
  notify(vc.RECEIVEQ);
  assertEquals(receive.takeUsed(), []);
  await settled();
  assertEquals([receive.takeUsed(), told], [[[0, 5]], ["used 0"]]);
  assertEquals(text(memory, BUFFER, 3), "ear");
  assertEquals(text(memory, BUFFER + 0x100, 3), "ly\0");
  assertEquals([console.bytesIn, keyboard.reads, device.isBusy], [5, 1, false]);
});

Deno.test("VirtioConsole keeps input that does not fit until there is room", async () => {
  const { memory, device, host, receive, notify, keyboard } = setUp();
  receive.offer(into(4));
  device.start(host);
  keyboard.type("0123456789");
  await settled();
  assertEquals(receive.takeUsed(), [[0, 4]]);
  receive.offer(into(4, BUFFER + 4));
  notify(vc.RECEIVEQ);
  assertEquals(receive.takeUsed(), [[1, 4]]);
  receive.offer(into(4, BUFFER + 8));
  notify(vc.RECEIVEQ);
  assertEquals(receive.takeUsed(), [[2, 2]]);
  assertEquals(text(memory, BUFFER, 10), "0123456789");
});

Deno.test("VirtioConsole gives chains back that have no room for input, and loses none", async () => {
  const { memory, device, host, receive, keyboard } = setUp();
  receive.offer(from(8));
  receive.offer(into(0));
  receive.offer(from(8), into(2, BUFFER + 8));
  device.start(host);
  assertEquals(receive.takeUsed(), [[0, 0], [1, 0]]);
  keyboard.type("ab");
  await settled();
  assertEquals(receive.takeUsed(), [[2, 2]]);
  assertEquals(text(memory, BUFFER, 10), `${"\0".repeat(8)}ab`);
});

Deno.test("VirtioConsole gives input to the driver that is there when it comes", async () => {
  const { memory, device, host, receive, connect, keyboard, console } = setUp();
  receive.offer(into(8));
  device.start(host);
  for (let i = 0; i < 100; i++) {
    device.stop();
    const { host, receive } = connect();
    receive.offer(into(8));
    device.start(host);
  }
  assertEquals([console.asks, keyboard.reads], [1, 1]);
  device.stop();
  keyboard.type("keys");
  await settled();
  assertEquals(text(memory, BUFFER, 1), "\0");
  const last = connect();
  last.receive.offer(into(8));
  device.start(last.host);
  assertEquals(last.receive.takeUsed(), [[0, 4]]);
  assertEquals(text(memory, BUFFER, 4), "keys");
});

Deno.test("VirtioConsole keeps the chain when input has ended", async () => {
  const { device, host, receive, notify, keyboard, told } = setUp();
  receive.offer(into(8));
  device.start(host);
  keyboard.type(null);
  await settled();
  receive.offer(into(8));
  notify(vc.RECEIVEQ);
  await settled();
  assertEquals([receive.takeUsed(), told, keyboard.reads], [[], [], 1]);
});

Deno.test("VirtioConsole wants notifications only when it has run out of chains", async () => {
  const { device, host, receive, notify, keyboard } = setUp({ eventIdx: true });
  device.start(host);
  assertEquals(receive.availEvent, 0);
  for (let i = 0; i < 3; i++) receive.offer(into(1));
  notify(vc.RECEIVEQ);
  assertEquals(receive.availEvent, 0, "a chain is in hand");
  keyboard.type("abc");
  await settled();
  assertEquals([receive.takeUsed().length, receive.availEvent], [3, 3]);
});
