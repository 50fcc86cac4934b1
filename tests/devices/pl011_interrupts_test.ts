/** Tests when the PL011 interrupts (Arm DDI 0183G 2.8). */

import { assertEquals } from "@std/assert";
import { enabledUart, Uart } from "./uart.ts";

const UARTDR = 0x00;
const UARTIFLS = 0x34;
const UARTIMSC = 0x38;
const UARTRIS = 0x3c;
const UARTMIS = 0x40;
const UARTICR = 0x44;
const RX = 0x10;
const TX = 0x20;
const RT = 0x40;
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

Deno.test("Pl011.write to UARTIFLS moves the level across what waits", () => {
  const uart = enabledUart();
  uart.type(TEXT.slice(0, 8));
  const seen = [1, 2, 0, 3].map((select) => {
    uart.store(UARTIFLS, select << 3);
    return uart.load(UARTRIS) & RX;
  });
  assertEquals(seen, [RX, 0, RX, 0]);
});

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
  assertEquals(uart.time.waiting, 1);
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

for (let bit = 0; bit < 11; bit++) {
  Deno.test(`Pl011.write to UARTICR clears no other interrupt than bit ${bit}`, () => {
    const uart = enabledUart();
    uart.store(0x30, 0x3f81);
    for (let i = 0; i < 33; i++) uart.store(UARTDR, i);
    uart.load(UARTDR);
    uart.store(0x2c, 0x71);
    const before = uart.load(UARTRIS);
    assertEquals(before, 0x67f);
    uart.store(UARTICR, 1 << bit);
    assertEquals(uart.load(UARTRIS), before & ~(1 << bit));
  });

  Deno.test(`Pl011.write to UARTIMSC lets bit ${bit} through to the line, and no other`, () => {
    const uart = enabledUart();
    uart.store(0x30, 0x3f81);
    for (let i = 0; i < 33; i++) uart.store(UARTDR, i);
    uart.load(UARTDR);
    uart.store(0x2c, 0x71);
    uart.store(UARTIMSC, 1 << bit);
    const masked = 0x67f & 1 << bit;
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
