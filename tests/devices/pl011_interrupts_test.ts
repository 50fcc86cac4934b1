/** Tests when the PL011 interrupts (Arm DDI 0183G 2.8). */

import { assertEquals } from "@std/assert";
import { enabledUart, Uart } from "./uart.ts";

const UARTDR = 0x00;
const UARTLCR_H = 0x2c;
const UARTCR = 0x30;
const UARTIFLS = 0x34;
const UARTIMSC = 0x38;
const UARTRIS = 0x3c;
const UARTMIS = 0x40;
const UARTICR = 0x44;
const RX = 0x10;
const TX = 0x20;
const RT = 0x40;
/** All but parity and framing errors, which nothing makes here. */
const ALL = 0x67f;
/** UARTCR: UARTEN, LBE, TXE, RXE and all modem outputs. */
const LOOPBACK_AND_MODEM = 0x3f81;
/** UARTLCR_H: WLEN 8, FEN, BRK. */
const BREAK = 0x71;
const TEXT = "0123456789abcdefghijklmnopqrstuv";

const levels = [[0, 4], [1, 8], [2, 16], [3, 24], [4, 28], [5, 28], [6, 28], [7, 28]] as const;

for (const [select, level] of levels) {
  Deno.test(`Pl011 raises RX at ${level} characters with RXIFLSEL ${select}, and ends it below`, () => {
    const uart = enabledUart();
    uart.store(UARTIFLS, select << 3);
    uart.type(TEXT.slice(0, level - 1));
    assertEquals(uart.load(UARTRIS) & RX, 0);
    uart.type("x");
    assertEquals(uart.load(UARTRIS) & RX, RX);
    uart.load(UARTDR);
    assertEquals(uart.load(UARTRIS) & RX, 0);
  });
}

Deno.test("Pl011 raises RX with one character while the FIFOs are off", () => {
  const uart = new Uart();
  uart.type("a");
  assertEquals(uart.load(UARTRIS) & RX, RX);
  uart.load(UARTDR);
  assertEquals(uart.load(UARTRIS), 0);
});

Deno.test("Pl011 raises RX by the transition, not by the level", () => {
  const uart = enabledUart();
  uart.type(TEXT.slice(0, 16));
  uart.store(UARTICR, RX);
  uart.type("x");
  assertEquals(uart.load(UARTRIS) & RX, 0);
  for (let i = 0; i < 2; i++) uart.load(UARTDR);
  uart.type("x");
  assertEquals(uart.load(UARTRIS) & RX, RX);
});

Deno.test("Pl011 raises RX again at the level after a reset there", () => {
  const uart = enabledUart();
  uart.type(TEXT);
  uart.device.reset();
  uart.type("x");
  assertEquals(uart.load(UARTRIS) & RX, RX);
});

Deno.test("Pl011.write to UARTIFLS moves the level across what waits", () => {
  const uart = enabledUart();
  uart.type(TEXT.slice(0, 8));
  const seen = [1, 2, 0, 3].map((select) => {
    uart.store(UARTIFLS, select << 3);
    return uart.load(UARTRIS) & RX;
  });
  assertEquals(seen, [RX, 0, RX, 0]);
});

Deno.test("Pl011 raises TX when a character was sent, not before", () => {
  const uart = enabledUart();
  uart.store(UARTIMSC, TX);
  assertEquals([uart.load(UARTRIS), uart.line], [0, false]);
  uart.store(UARTDR, 0x41);
  assertEquals([uart.load(UARTRIS), uart.load(UARTMIS), uart.line], [TX, TX, true]);
  uart.store(UARTICR, TX);
  assertEquals([uart.load(UARTRIS), uart.line], [0, false]);
  uart.store(UARTDR, 0x41);
  assertEquals(uart.line, true);
});

/** A UART with every interrupt that it knows. */
function clamouringUart(): Uart {
  const uart = enabledUart();
  uart.store(UARTCR, LOOPBACK_AND_MODEM);
  for (let i = 0; i < 33; i++) uart.store(UARTDR, i);
  uart.load(UARTDR);
  uart.store(UARTLCR_H, BREAK);
  return uart;
}

for (let bit = 0; bit < 11; bit++) {
  Deno.test(`Pl011.write to UARTICR clears bit ${bit}, and no other interrupt`, () => {
    const uart = clamouringUart();
    assertEquals(uart.load(UARTRIS), ALL);
    uart.store(UARTICR, 1 << bit);
    assertEquals(uart.load(UARTRIS), ALL & ~(1 << bit));
  });

  Deno.test(`Pl011.write to UARTIMSC lets bit ${bit} through to the line, and no other`, () => {
    const uart = clamouringUart();
    uart.store(UARTIMSC, 1 << bit);
    const masked = ALL & 1 << bit;
    assertEquals([uart.load(UARTMIS), uart.line], [masked, masked !== 0]);
  });
}

Deno.test("Pl011 calls the line only when its level changes", () => {
  const uart = enabledUart();
  uart.store(UARTIMSC, RX | RT | TX);
  uart.type("a");
  uart.type("b");
  uart.store(UARTDR, 0x41);
  uart.readAll();
  assertEquals(uart.levels, [true]);
  uart.store(UARTICR, 0x7ff);
  uart.store(UARTICR, 0x7ff);
  assertEquals(uart.levels, [true, false]);
});

Deno.test("Pl011 does not let the line fall while input comes in with the load that made room", () => {
  let left = 40;
  const uart: Uart = enabledUart({ onRoom: () => left -= uart.type("x".repeat(left)) });
  uart.store(UARTIMSC, RX | RT);
  uart.type("first");
  assertEquals(uart.readAll(), "first" + "x".repeat(40));
  assertEquals(uart.levels, [true, false]);
});
