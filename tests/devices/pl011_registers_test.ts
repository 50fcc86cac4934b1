/** Tests the PL011's registers against the table in its manual (Arm DDI 0183G, Table 3-1). */

import { assertEquals } from "@std/assert";
import { enabledUart, PAGE_WORDS, Uart } from "./uart.ts";

/** Offset, name, kind, reset value, the bits that can be set. UARTDR is not here: see the tests of what it does. */
const REGISTERS: [offset: number, name: string, kind: string, reset: number, mask: number][] = [
  [0x004, "UARTRSR", "RO", 0, 0],
  [0x018, "UARTFR", "RO", 0x90, 0],
  [0x020, "UARTILPR", "RW", 0, 0xff],
  [0x024, "UARTIBRD", "RW", 0, 0xffff],
  [0x028, "UARTFBRD", "RW", 0, 0x3f],
  [0x02c, "UARTLCR_H", "RW", 0, 0xff],
  [0x030, "UARTCR", "RW", 0x0300, 0xff87],
  [0x034, "UARTIFLS", "RW", 0x12, 0x3f],
  [0x038, "UARTIMSC", "RW", 0, 0x7ff],
  [0x03c, "UARTRIS", "RO", 0, 0],
  [0x040, "UARTMIS", "RO", 0, 0],
  [0x044, "UARTICR", "WO", 0, 0],
  [0x048, "UARTDMACR", "RW", 0, 0x7],
  [0xfe0, "UARTPeriphID0", "RO", 0x11, 0],
  [0xfe8, "UARTPeriphID2", "RO", 0x34, 0],
  [0xffc, "UARTPCellID3", "RO", 0xb1, 0],
];

for (const [offset, name, kind, reset, mask] of REGISTERS) {
  for (const size of [1, 2, 4]) {
    Deno.test(`Pl011.read of ${size} bytes gives ${name}'s reset value`, () => {
      assertEquals(new Uart().device.read(offset, size), reset);
    });

    Deno.test(`Pl011.write of ${size} bytes to ${name} (${kind}) sets what can be set`, () => {
      const uart = new Uart();
      const all = 2 ** (8 * size) - 1;
      uart.device.write(offset, size, all);
      assertEquals(uart.load(offset), kind === "RW" ? all & mask : reset);
      uart.device.write(offset, size, 0);
      assertEquals(uart.load(offset), kind === "RW" ? 0 : reset);
    });
  }

  Deno.test(`Pl011.reset gives ${name} its reset value`, () => {
    const { device } = enabledUart();
    device.write(offset, 4, 0xffff_ffff);
    device.reset();
    assertEquals(device.read(offset, 4), reset);
  });
}

Deno.test("Pl011.read of UARTDR is 0 when nothing was received", () => {
  assertEquals(new Uart().load(0), 0);
});

Deno.test("Pl011.read gives 0 at every offset without a register", () => {
  const { device } = new Uart();
  const known = new Set([
    ...REGISTERS.map(([offset]) => offset),
    0xfe4,
    0xfec,
    0xff0,
    0xff4,
    0xff8,
  ]);
  for (let offset = -8; offset < 0x1010; offset++) {
    if (!known.has(offset)) assertEquals(device.read(offset, 4), 0, `${offset}`);
  }
});

Deno.test("Pl011.write changes nothing at an offset without a register", () => {
  const uart = new Uart();
  const before = uart.page();
  const known = new Set([0, ...REGISTERS.map(([offset]) => offset)]);
  for (let offset = -8; offset < 0x1010; offset++) {
    if (!known.has(offset)) uart.store(offset, 0xffff_ffff);
  }
  assertEquals(uart.page(), before);
  assertEquals([uart.sent, uart.changes], [[], 0]);
});

Deno.test("Pl011.enable leaves what firmware does: 115200 baud, 8n1, FIFOs, both ways enabled", () => {
  const uart = enabledUart();
  // 24 MHz / (16 * 115200) = 13 + 1/64.
  assertEquals([0x24, 0x28, 0x2c, 0x30].map((at) => uart.load(at)), [13, 1, 0x70, 0x301]);
});

Deno.test("Pl011.reset undoes all that was done", () => {
  const uart = enabledUart();
  const fresh = new Uart().page();
  uart.store(0x38, 0x7ff);
  uart.type("lost");
  uart.store(0, 0x41);
  assertEquals(uart.line, true);
  uart.device.reset();
  assertEquals(uart.page(), fresh);
  assertEquals([uart.line, uart.device.room, uart.device.readsArePlain], [false, 1, true]);
});

Deno.test("Pl011.copyTo fills the page, or as much as there is room for", () => {
  const uart = new Uart();
  const small = new Uint32Array(7);
  uart.device.copyTo(small);
  assertEquals(small[0x18 / 4], 0x90);
  const large = new Uint32Array(PAGE_WORDS + 1).fill(7);
  uart.device.copyTo(large);
  assertEquals([large[PAGE_WORDS - 1], large[PAGE_WORDS]], [0xb1, 7]);
});
