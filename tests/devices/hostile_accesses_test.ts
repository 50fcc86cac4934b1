/** Tests that no access, whatever its offset, size and value, does more than the manual says. */

import { assert } from "@std/assert";
import type { MmioDevice } from "../../devices/device.ts";
import { Pl031 } from "../../devices/pl031.ts";
import { Pl061 } from "../../devices/pl061.ts";
import { randomWords } from "../soft/random.ts";
import { FakeTimer } from "./fake_timer.ts";
import { Uart } from "./uart.ts";

const ACCESSES = 200_000;
const SIZES = [1, 2, 4];
const TIMES = [0, -1, 0.999, 1e300, -1e300, 2 ** 32, NaN, Infinity, -Infinity, 1.7e9];

/** Offsets in the page and beyond, most of them where the registers are. */
function randomOffset(random: () => number): number {
  const near = random() % 4 < 3;
  return near ? random() % 0x14 * 4 + (random() % 8 === 0 ? 1 : 0) : random() % 0x1200 - 0x100;
}

/** Makes random accesses. @param between Does what else happens, before each. */
function attack(device: MmioDevice, between: (random: () => number) => void): void {
  const random = randomWords(0x5eed);
  for (let i = 0; i < ACCESSES; i++) {
    between(random);
    const size = SIZES[random() % SIZES.length]!;
    const offset = randomOffset(random) | (random() % 16 === 0 ? 0x400 : 0);
    if (random() % 2) {
      device.write(offset, size, random() % 2 ** (8 * size));
      continue;
    }
    const value = device.read(offset, size);
    assert(typeof value === "number", `offset ${offset}: no number`);
    assert(Number.isInteger(value) && value >= 0 && value < 2 ** 32, `offset ${offset}: ${value}`);
  }
}

Deno.test(`Pl011 bears ${ACCESSES} random accesses`, () => {
  const uart: Uart = new Uart({ onRoom: () => void uart.type("more") });
  attack(uart.device, (random) => {
    const what = random() % 64;
    if (what === 0) uart.device.receive(new Uint8Array(random() % 64));
    if (what === 1) uart.time.pass(1);
    if (what === 2) uart.ready = !uart.ready;
    assert(uart.device.room >= 0 && uart.device.room <= 32 && uart.time.waiting <= 1);
  });
});

Deno.test(`Pl031 bears ${ACCESSES} random accesses, and times that cannot be`, () => {
  const time = new FakeTimer();
  let now = 0;
  const device = new Pl031({ line: () => {}, now: () => now, timer: time.timer });
  attack(device, (random) => {
    now = TIMES[random() % TIMES.length]!;
    if (random() % 64 === 0) time.pass(random() % 100);
    assert(time.waiting <= 1);
  });
});

Deno.test(`Pl061 bears ${ACCESSES} random accesses, and lines that it has not`, () => {
  const device = new Pl061(() => {});
  attack(device, (random) => {
    if (random() % 8 === 0) device.setInput(random() % 80 - 40, random() % 2 === 1);
  });
});
