/** Tests that a copy of the PL011's registers can answer in its place, and when it must be renewed. */

import { assert, assertEquals } from "@std/assert";
import { randomWords } from "../soft/random.ts";
import { enabledUart, PAGE_WORDS, Uart } from "./uart.ts";

const UARTDR = 0x00;
const UARTIMSC = 0x38;
const UARTICR = 0x44;
/** Offsets where something is, and some where nothing is. */
const OFFSETS = [
  ...[0x00, 0x04, 0x08, 0x18, 0x20, 0x24, 0x28, 0x2c, 0x30, 0x34, 0x38, 0x3c, 0x40, 0x44, 0x48],
  ...[0x4c, 0x02, 0x19, 0xfdc, 0xfe0, 0xffc, 0x1000],
];

const same: [what: string, offset: number, value: number][] = [
  ["UARTCR", 0x30, 0x301],
  ["UARTLCR_H", 0x2c, 0x70],
  ["UARTIFLS", 0x34, 0x12],
  ["UARTIMSC", UARTIMSC, 0],
  ["UARTECR", 0x04, 0],
  ["UARTICR", UARTICR, 0x7ff],
  ["UARTFR", 0x18, 0xff],
  ["nothing", 0x4c, 0xff],
];

for (const [what, offset, value] of same) {
  Deno.test(`Pl011 tells of no change when a store to ${what} makes none`, () => {
    const uart = enabledUart();
    uart.store(offset, value);
    assertEquals(uart.changes, 0);
  });
}

Deno.test("Pl011 tells of a change with the first of many characters sent, and not again", () => {
  const uart = enabledUart();
  const seen = [1, 2, 3].map((byte) => (uart.store(UARTDR, byte), uart.changes));
  uart.store(UARTICR, 0x20);
  uart.store(UARTDR, 4);
  assertEquals([seen, uart.changes], [[1, 1, 1], 3]);
});

Deno.test("Pl011 tells of one change for many bytes received, when they are there", () => {
  const seen: number[] = [];
  const uart: Uart = new Uart({ onChange: () => seen.push(uart.page()[UARTDR]!) });
  uart.device.enable();
  uart.type("abc");
  assertEquals([seen, uart.device.readsArePlain], [[0, 0x61], false]);
});

Deno.test("Pl011 tells of no change when more comes behind what waits", () => {
  const uart = enabledUart();
  uart.type("a");
  uart.changes = 0;
  uart.type("b");
  assertEquals(uart.changes, 0);
});

Deno.test("Pl011 tells of one change for a load that makes room and gets input", () => {
  const uart: Uart = enabledUart({ onRoom: () => uart.type("b") });
  uart.type("a");
  uart.changes = 0;
  uart.load(UARTDR);
  assertEquals([uart.changes, uart.page()[UARTDR]], [1, 0x62]);
});

Deno.test("Pl011 has changed its registers when it calls the line", () => {
  const order: string[] = [];
  const uart: Uart = new Uart({
    onChange: () => order.push(`change ${uart.page()[0x40 / 4]}`),
    line: (level) => order.push(`line ${level}`),
  });
  uart.store(UARTIMSC, 0x20);
  order.length = 0;
  uart.store(UARTDR, 0x41);
  assertEquals(order, ["change 32", "line true"]);
});

/** One of all the things that can happen to a UART. */
function act(uart: Uart, random: () => number): void {
  const kind = random() % 32;
  const value = random() & random();
  if (kind < 16) uart.device.write(OFFSETS[random() % OFFSETS.length]!, 4, value >>> 0);
  else if (kind < 24) uart.device.read(OFFSETS[random() % OFFSETS.length]!, 4);
  else if (kind < 27) uart.device.receive(new Uint8Array(random() % 40).fill(value));
  else if (kind === 27) uart.device.takeBack();
  else if (kind === 28) uart.ready = !uart.ready;
  else if (kind === 29) uart.time.pass(1);
  else if (kind === 30) { while (!uart.device.readsArePlain) uart.load(UARTDR); }
  else if (value % 16 === 0) uart.device.reset();
  else uart.device.enable();
}

for (const refills of [false, true]) {
  const how = refills ? "input that comes as room is made" : "input that comes at its own time";
  Deno.test(`Pl011.copyTo gives what loads do, and onChange says when: ${how}`, () => {
    const random = randomWords(0x011);
    const onRoom = () => void (random() % 4 === 0 && uart.type("m"));
    const uart: Uart = new Uart(refills ? { onRoom } : {});
    let plain = 0;
    for (let step = 0; step < 6000; step++) {
      const before = uart.page();
      uart.changes = 0;
      act(uart, random);
      const page = uart.page();
      const differs = page.some((word, index) => word !== before[index]);
      if (differs) assert(uart.changes > 0, `step ${step}`);
      assertEquals([uart.line, page[0x40 / 4]], [
        page[0x40 / 4] !== 0,
        page[0x38 / 4]! & page[0x3c / 4]!,
      ]);
      if (!uart.device.readsArePlain) continue;
      plain++;
      uart.changes = 0;
      for (let i = 0; i < PAGE_WORDS; i++) {
        if (uart.load(4 * i) !== page[i]) assertEquals(uart.load(4 * i), page[i], `step ${step}`);
      }
      assertEquals(uart.changes, 0);
    }
    assert(plain > 1000, `${plain} comparisons are too few to say anything`);
  });
}
