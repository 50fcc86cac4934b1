/** Tests what a guest sends and receives through the PL011. */

import { assertEquals } from "@std/assert";
import { NOT_YET } from "../../devices/device.ts";
import { bytesOf } from "../streams.ts";
import { enabledUart, Uart } from "./uart.ts";

const UARTDR = 0x00;
const UARTFR = 0x18;
const UARTLCR_H = 0x2c;
const UARTCR = 0x30;
const UARTIMSC = 0x38;
const UARTRIS = 0x3c;
const UARTICR = 0x44;
const RXFE = 0x10;
const RXFF = 0x40;
const FULL = "0123456789abcdefghijklmnopqrstuv";

for (const size of [1, 2, 4]) {
  Deno.test(`Pl011.write of ${size} bytes to UARTDR sends the low byte`, () => {
    const uart = enabledUart();
    for (const byte of [0x48, 0x69, 0, 0xff]) {
      uart.device.write(UARTDR, size, 2 ** (8 * size) - 256 + byte);
    }
    assertEquals(uart.sent, [0x48, 0x69, 0, 0xff]);
  });
}

Deno.test("Pl011.write to UARTDR sends though nothing is enabled", () => {
  const uart = new Uart();
  uart.store(UARTCR, 0);
  uart.store(UARTDR, 0x41);
  assertEquals(uart.sent, [0x41]);
});

Deno.test("Pl011.write to UARTDR says NOT_YET when the output is full, and nothing changes", () => {
  const uart = enabledUart();
  uart.store(UARTCR, 0x381);
  uart.changes = 0;
  const before = uart.page();
  uart.ready = false;
  assertEquals(uart.device.write(UARTDR, 4, 0x41), NOT_YET);
  assertEquals(uart.page(), before);
  assertEquals([uart.changes, uart.device.readsArePlain], [0, true]);
  uart.ready = true;
  assertEquals(uart.device.write(UARTDR, 4, 0x41), undefined);
  assertEquals([uart.sent, uart.readAll()], [[0x41], "A"]);
});

Deno.test("Pl011.progress is what the host gives, if it does", () => {
  const promise = Promise.resolve();
  assertEquals(new Uart({ progress: () => promise }).device.progress?.(), promise);
  assertEquals(new Uart().device.progress, undefined);
});

Deno.test("Pl011.read of UARTDR gives what was received, in order", () => {
  const uart = enabledUart();
  assertEquals(uart.type("Hello"), 5);
  assertEquals(uart.readAll(), "Hello");
  assertEquals(uart.load(UARTDR), 0);
});

Deno.test("Pl011.receive takes every byte as it is", () => {
  const uart = enabledUart();
  uart.device.receive(new Uint8Array([0, 0xff, 0x80, 0]));
  assertEquals([1, 2, 3, 4].map(() => uart.load(UARTDR)), [0, 0xff, 0x80, 0]);
});

Deno.test("Pl011.receive takes 32 bytes and leaves the rest", () => {
  const uart = enabledUart();
  assertEquals(uart.device.room, 32);
  assertEquals(uart.type(FULL + "rest"), 32);
  assertEquals([uart.device.room, uart.type("rest")], [0, 0]);
  assertEquals(uart.readAll(), FULL);
});

Deno.test("Pl011.receive takes no bytes of none", () => {
  const uart = enabledUart();
  assertEquals([uart.type(""), uart.changes], [0, 0]);
});

Deno.test("Pl011.receive takes one byte while the FIFOs are off", () => {
  const uart = new Uart();
  assertEquals([uart.device.room, uart.type("ab")], [1, 1]);
  assertEquals(uart.load(UARTFR) & (RXFE | RXFF), RXFF);
  assertEquals(uart.readAll(), "a");
});

Deno.test("Pl011.receive goes round the FIFO many times", () => {
  const uart = enabledUart();
  let read = "";
  let given = "";
  for (let i = 0; i < 100; i++) {
    const text = FULL.slice(0, 1 + i % 32);
    given += text.slice(0, uart.type(text));
    for (let n = i % 7; n >= 0; n--) {
      if (!uart.device.readsArePlain) read += String.fromCharCode(uart.load(UARTDR));
    }
  }
  assertEquals(read + uart.readAll(), given);
});

Deno.test("Pl011.read of UARTFR tells an empty, a used and a full FIFO", () => {
  const uart = enabledUart();
  const seen = [uart.load(UARTFR)];
  for (const text of [FULL.slice(1), "!"]) {
    uart.type(text);
    seen.push(uart.load(UARTFR));
  }
  uart.load(UARTDR);
  seen.push(uart.load(UARTFR));
  assertEquals(seen, [0x90, 0x80, 0xc0, 0x80]);
});

Deno.test("Pl011.write to UARTLCR_H empties the FIFO when it turns FIFOs on or off, and only then", () => {
  const uart = enabledUart();
  uart.type("abc");
  uart.store(UARTLCR_H, 0x7e);
  assertEquals(uart.device.room, 29);
  uart.store(UARTLCR_H, 0x60);
  assertEquals([uart.device.room, uart.load(UARTFR), uart.load(UARTRIS)], [1, 0x90, 0]);
});

Deno.test("Pl011.takeBack gives what the guest has not read, in order", () => {
  const uart = enabledUart();
  uart.store(UARTIMSC, 0x50);
  uart.type(FULL);
  for (let i = 0; i < 20; i++) uart.load(UARTDR);
  uart.type("xyz");
  assertEquals(uart.device.takeBack(), bytesOf(FULL.slice(20) + "xyz"));
  assertEquals([uart.load(UARTFR), uart.load(UARTRIS), uart.line], [0x90, 0, false]);
  assertEquals([uart.device.room, uart.device.takeBack()], [32, new Uint8Array()]);
});

Deno.test("Pl011.takeBack does not ask for what it has made room for", () => {
  let asked = 0;
  const uart = enabledUart({ onRoom: () => asked++ });
  uart.type("abc");
  uart.device.takeBack();
  assertEquals(asked, 0);
});

Deno.test("Pl011 asks for input once there is room, and gives it with the next load", () => {
  let input = "abcdef";
  const uart: Uart = new Uart({ onRoom: () => input = input.slice(uart.type(input)) });
  uart.type("0");
  assertEquals(uart.readAll(), "0abcdef");
});

Deno.test("Pl011 asks for input when FIFOs are turned on, not when nothing was read", () => {
  let asked = 0;
  const uart = new Uart({ onRoom: () => asked++ });
  uart.load(UARTDR);
  uart.store(UARTDR, 0);
  uart.store(UARTICR, 0x7ff);
  assertEquals(asked, 0);
  uart.store(UARTLCR_H, 0x70);
  assertEquals(asked, 1);
});
