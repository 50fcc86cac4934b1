/** Tests how the PL011 interrupts for characters below its level (Arm DDI 0183G 2.8.4). */

import { assertEquals } from "@std/assert";
import { enabledUart, type Uart } from "./uart.ts";

const UARTDR = 0x00;
const UARTIMSC = 0x38;
const UARTRIS = 0x3c;
const UARTMIS = 0x40;
const UARTICR = 0x44;
const RX = 0x10;
const RT = 0x40;

Deno.test("Pl011 raises RT at once for characters below the level, until all are read", () => {
  const uart = enabledUart();
  uart.type("ab");
  const seen = [uart.load(UARTRIS)];
  for (let i = 0; i < 2; i++) {
    uart.load(UARTDR);
    seen.push(uart.load(UARTRIS));
  }
  assertEquals(seen, [RT, RT, 0]);
});

Deno.test("Pl011 raises RT again after a while for characters that wait when it is cleared", () => {
  const uart = enabledUart();
  uart.store(UARTIMSC, RT);
  uart.type("ab");
  uart.store(UARTICR, RT);
  assertEquals([uart.load(UARTRIS), uart.line], [0, false]);
  uart.store(UARTICR, RT);
  uart.store(UARTIMSC, RT);
  assertEquals([uart.load(UARTRIS), uart.time.waiting], [0, 1]);
  uart.changes = 0;
  uart.time.pass(1);
  assertEquals([uart.load(UARTRIS), uart.line, uart.changes], [RT, true, 1]);
});

Deno.test("Pl011 raises RT again at once when one of several characters is read", () => {
  const uart = enabledUart();
  uart.type("abc");
  uart.store(UARTICR, RT);
  uart.load(UARTDR);
  assertEquals([uart.load(UARTRIS), uart.time.waiting], [RT, 0]);
});

const endings: [what: string, end: (uart: Uart) => void][] = [
  ["all is read", (uart) => uart.readAll()],
  ["all is taken back", (uart) => uart.device.takeBack()],
  ["it is reset", (uart) => uart.device.reset()],
  ["it is disposed of", (uart) => uart.device[Symbol.dispose]()],
];

for (const [what, end] of endings) {
  Deno.test(`Pl011 waits for no timeout once ${what}`, () => {
    const uart = enabledUart();
    uart.type("ab");
    uart.store(UARTICR, RT);
    end(uart);
    assertEquals(uart.time.waiting, 0);
  });
}

Deno.test("Pl011 waits for no timeout where nothing waits", () => {
  const uart = enabledUart();
  uart.store(UARTICR, 0x7ff);
  assertEquals(uart.time.waiting, 0);
});

Deno.test("Pl011 raises RX for less than the level where only RX is unmasked", () => {
  const uart = enabledUart();
  uart.store(UARTIMSC, RX);
  uart.type("ab");
  assertEquals([uart.load(UARTMIS), uart.line], [RX, true]);
  uart.load(UARTDR);
  assertEquals(uart.line, true);
  uart.load(UARTDR);
  assertEquals(uart.line, false);
});

Deno.test("Pl011 raises RX for what waits when only RX is unmasked", () => {
  const uart = enabledUart();
  uart.type("a");
  assertEquals(uart.load(UARTRIS), RT);
  uart.store(UARTIMSC, RX);
  assertEquals(uart.line, true);
});

Deno.test("Pl011 goes on interrupting a driver that reads one character, then clears RX", () => {
  const uart = enabledUart();
  uart.store(UARTIMSC, RX);
  uart.type("abc");
  let read = "";
  for (let interrupts = 0; uart.line && interrupts < 9; interrupts++) {
    read += String.fromCharCode(uart.load(UARTDR));
    uart.store(UARTICR, RX);
    uart.time.pass(1);
  }
  assertEquals([read, uart.line], ["abc", false]);
});

Deno.test("Pl011 waits for no timeout when other interrupts are cleared", () => {
  const uart = enabledUart();
  uart.type("ab");
  uart.store(UARTICR, 0x7af);
  assertEquals([uart.load(UARTRIS), uart.time.waiting], [RT, 0]);
});
