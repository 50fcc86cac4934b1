/** Tests the PL011's loopback, and the errors that only it can make (Arm DDI 0183G 2.4.2 and 3.3.8). */

import { assertEquals } from "@std/assert";
import { bytesOf } from "../streams.ts";
import { enabledUart, type Uart } from "./uart.ts";

const UARTDR = 0x00;
const UARTRSR = 0x04;
const UARTFR = 0x18;
const UARTLCR_H = 0x2c;
const UARTCR = 0x30;
const UARTIMSC = 0x38;
const UARTRIS = 0x3c;
const UARTICR = 0x44;
/** UARTEN, LBE, TXE, RXE. */
const LOOPBACK = 0x381;
const DR_OE = 0x800;
const DR_BE = 0x400;
const INT_OE = 0x400;
const INT_BE = 0x200;

/** An enabled UART in loopback. */
function loopedUart(options = {}): Uart {
  const uart = enabledUart(options);
  uart.store(UARTCR, LOOPBACK);
  return uart;
}

/** The guest sends so many characters: 0, 1, 2, … */
function send(uart: Uart, count: number): void {
  for (let i = 0; i < count; i++) uart.store(UARTDR, i);
}

Deno.test("Pl011 receives what it sends in loopback, and sends it all the same", () => {
  const uart = loopedUart();
  for (const byte of bytesOf("loop")) uart.store(UARTDR, byte);
  assertEquals([uart.readAll(), uart.sent], ["loop", [...bytesOf("loop")]]);
});

Deno.test("Pl011 interrupts for what it receives in loopback", () => {
  const uart = loopedUart();
  uart.store(UARTIMSC, 0x50);
  uart.store(UARTDR, 0x41);
  assertEquals([uart.line, uart.load(UARTRIS)], [true, 0x60]);
});

Deno.test("Pl011 holds input off in loopback, and asks for it after that", () => {
  let asked = 0;
  const uart = loopedUart({ onRoom: () => asked++ });
  assertEquals([uart.device.room, uart.type("abc")], [0, 0]);
  send(uart, 1);
  uart.load(UARTDR);
  assertEquals(asked, 0);
  uart.store(UARTCR, 0x301);
  assertEquals([asked, uart.device.room], [1, 32]);
});

Deno.test("Pl011.takeBack leaves what the guest has sent to itself", () => {
  const uart = enabledUart();
  uart.type("ab");
  uart.store(UARTCR, LOOPBACK);
  uart.store(UARTDR, 0x58);
  uart.store(UARTCR, 0x301);
  uart.type("cd");
  assertEquals(uart.device.takeBack(), bytesOf("abcd"));
  assertEquals(uart.device.takeBack(), bytesOf(""));
  assertEquals(uart.readAll(), "X");
});

Deno.test("Pl011 loses what it sends to itself when the FIFO is full, and says so", () => {
  const uart = loopedUart();
  send(uart, 32);
  assertEquals([uart.load(UARTRSR), uart.load(UARTRIS) & INT_OE], [0, 0]);
  send(uart, 1);
  assertEquals([uart.load(UARTRSR), uart.load(UARTRIS) & INT_OE], [0x8, INT_OE]);
  for (let i = 0; i < 32; i++) assertEquals(uart.load(UARTDR), i);
});

Deno.test("Pl011 marks the first character that is received after an overrun", () => {
  const uart = loopedUart();
  send(uart, 33);
  uart.load(UARTDR);
  uart.store(UARTDR, 0x58);
  uart.load(UARTDR);
  uart.store(UARTDR, 0x59);
  for (let i = 2; i < 32; i++) assertEquals(uart.load(UARTDR), i);
  assertEquals([uart.load(UARTDR), uart.load(UARTDR)], [DR_OE | 0x58, 0x59]);
});

Deno.test("Pl011 keeps an overrun in UARTRSR until it is cleared", () => {
  const uart = loopedUart();
  send(uart, 33);
  uart.readAll();
  assertEquals(uart.load(UARTRSR), 0x8);
  uart.store(UARTRSR, 0);
  assertEquals(uart.load(UARTRSR), 0);
});

Deno.test("Pl011.reset forgets an overrun", () => {
  const uart = loopedUart();
  send(uart, 33);
  uart.device.reset();
  uart.type("a");
  assertEquals([uart.load(UARTRSR), uart.load(UARTDR)], [0, 0x61]);
});

Deno.test("Pl011 receives its own break once, as one character 0", () => {
  const uart = loopedUart();
  uart.store(UARTLCR_H, 0x71);
  uart.store(UARTLCR_H, 0x71);
  assertEquals(uart.load(UARTRIS) & INT_BE, INT_BE);
  assertEquals([uart.load(UARTDR), uart.load(UARTRSR)], [DR_BE, 0x4]);
  assertEquals(uart.device.readsArePlain, true);
  uart.store(UARTDR, 0x41);
  assertEquals([uart.load(UARTDR), uart.load(UARTRSR)], [0x41, 0]);
});

Deno.test("Pl011 receives no break outside loopback", () => {
  const uart = enabledUart();
  uart.store(UARTLCR_H, 0x71);
  assertEquals([uart.load(UARTFR), uart.load(UARTRIS)], [0x90, 0]);
});

const lines: [name: string, output: number, input: number, interrupt: number][] = [
  ["Out2 to RI", 0x2000, 0x100, 0x1],
  ["Out1 to DCD", 0x1000, 0x004, 0x4],
  ["RTS to CTS", 0x0800, 0x001, 0x2],
  ["DTR to DSR", 0x0400, 0x002, 0x8],
];

for (const [name, output, input, interrupt] of lines) {
  Deno.test(`Pl011 connects ${name} in loopback, and interrupts for each change`, () => {
    const uart = loopedUart();
    uart.store(UARTCR, LOOPBACK | output);
    assertEquals([uart.load(UARTFR), uart.load(UARTRIS)], [0x90 | input, interrupt]);
    uart.store(UARTICR, interrupt);
    uart.store(UARTCR, LOOPBACK | output);
    assertEquals(uart.load(UARTRIS), 0);
    uart.store(UARTCR, LOOPBACK);
    assertEquals([uart.load(UARTFR), uart.load(UARTRIS)], [0x90, interrupt]);
  });

  Deno.test(`Pl011 does not connect ${name} outside loopback`, () => {
    const uart = enabledUart();
    uart.store(UARTCR, 0x301 | output);
    assertEquals([uart.load(UARTFR), uart.load(UARTRIS)], [0x90, 0]);
  });
}
