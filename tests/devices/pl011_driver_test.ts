/** Tests how the host learns that a driver wants input, or is about to throw it away. */

import { assertEquals } from "@std/assert";
import { bytesOf } from "../streams.ts";
import { enabledUart, Uart } from "./uart.ts";

const UARTCR = 0x30;
const UARTIMSC = 0x38;
const UARTICR = 0x44;

const waits: [control: number, mask: number, receives: boolean][] = [
  [0x201, 0x10, true],
  [0x201, 0x40, true],
  [0x301, 0x7ff, true],
  [0x201, 0x7af, false],
  [0x200, 0x50, false],
  [0x101, 0x50, false],
  [0x000, 0x50, false],
];

for (const [control, mask, receives] of waits) {
  const state = `UARTCR ${control.toString(16)} and UARTIMSC ${mask.toString(16)}`;
  Deno.test(`Pl011.receives is ${receives} with ${state}`, () => {
    const uart = new Uart();
    uart.store(UARTCR, control);
    uart.store(UARTIMSC, mask);
    assertEquals(uart.device.receives, receives);
  });
}

const clears: [mask: number, cleared: number, told: number][] = [
  [0x000, 0x050, 1],
  [0x000, 0x7ff, 1],
  [0x7af, 0x050, 1],
  [0x010, 0x050, 0],
  [0x040, 0x050, 0],
  [0x000, 0x010, 0],
  [0x000, 0x040, 0],
];

for (const [mask, cleared, told] of clears) {
  const what = `${cleared.toString(16)} is cleared under the mask ${mask.toString(16)}`;
  Deno.test(`Pl011 ${told ? "tells" : "does not tell"} of a cleared receiver when ${what}`, () => {
    let count = 0;
    const uart = enabledUart({ onReceiverCleared: () => count++ });
    uart.store(UARTIMSC, mask);
    uart.store(UARTICR, cleared);
    assertEquals(count, told);
  });
}

Deno.test("Pl011 loses no input to a driver that starts as Linux's does", () => {
  let held = bytesOf("typed early");
  const give = () => held = held.slice(uart.device.receive(held));
  const uart: Uart = enabledUart({
    onRoom: give,
    onReceiverCleared: () => held = new Uint8Array([...uart.device.takeBack(), ...held]),
  });
  give();
  uart.store(UARTICR, 0x7d0);
  uart.store(UARTIMSC, 0x50);
  give();
  uart.store(UARTIMSC, 0);
  uart.store(UARTICR, 0x50);
  assertEquals(uart.readAll(), "");
  uart.store(UARTIMSC, 0x50);
  give();
  assertEquals([uart.line, uart.readAll()], [true, "typed early"]);
});
