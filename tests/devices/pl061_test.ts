/** Tests the PL061's lines and interrupts (Arm DDI 0190B, chapter 3). */

import { assertEquals } from "@std/assert";
import { Pl061 } from "../../devices/pl061.ts";

const GPIODATA = 0x000;
const GPIODIR = 0x400;
const GPIOIS = 0x404;
const GPIOIBE = 0x408;
const GPIOIEV = 0x40c;
const GPIOIE = 0x410;
const GPIORIS = 0x414;
const GPIOMIS = 0x418;
const GPIOIC = 0x41c;
const GPIOAFSEL = 0x420;
/** GPIODATA for all lines. */
const ALL = 0x3fc;

/** A GPIO whose interrupt line is noted. */
class Gpio {
  readonly levels: boolean[] = [];
  readonly device = new Pl061((level) => this.levels.push(level));

  load(offset: number): number {
    return this.device.read(offset, 4);
  }

  store(offset: number, value: number): void {
    this.device.write(offset, 4, value);
  }

  /** Stores to several registers: offset, value, … */
  setUp(...pairs: [offset: number, value: number][]): void {
    for (const [offset, value] of pairs) this.store(offset, value);
  }
}

const registers: [offset: number, name: string, kind: string][] = [
  [GPIODATA, "GPIODATA of no line", "RO"],
  [ALL, "GPIODATA", "RO"],
  [GPIODIR, "GPIODIR", "RW"],
  [GPIOIS, "GPIOIS", "RW"],
  [GPIOIBE, "GPIOIBE", "RW"],
  [GPIOIEV, "GPIOIEV", "RW"],
  [GPIOIE, "GPIOIE", "RW"],
  [GPIORIS, "GPIORIS", "RO"],
  [GPIOMIS, "GPIOMIS", "RO"],
  [GPIOIC, "GPIOIC", "WO"],
  [GPIOAFSEL, "GPIOAFSEL", "RW"],
  [0x424, "no register", "RO"],
  [0x401, "no register", "RO"],
  [0x3fd, "no register", "RO"],
  [0xfdc, "no register", "RO"],
];

for (const [offset, name, kind] of registers) {
  for (const size of [1, 2, 4]) {
    Deno.test(`Pl061 has 0 at ${offset} (${name}) at first, and takes ${size} bytes (${kind})`, () => {
      const { device } = new Gpio();
      assertEquals(device.read(offset, size), 0);
      device.write(offset, size, 2 ** (8 * size) - 1);
      assertEquals(device.read(offset, size), kind === "RW" ? 0xff : 0);
    });
  }
}

for (let line = 0; line < 8; line++) {
  Deno.test(`Pl061.setInput drives line ${line}, which GPIODATA shows to those who ask for it`, () => {
    const gpio = new Gpio();
    gpio.device.setInput(line, true);
    const seen = [ALL, 4 << line, ALL & ~(4 << line)].map((offset) => gpio.load(offset));
    assertEquals(seen, [1 << line, 1 << line, 0]);
    gpio.device.setInput(line, false);
    assertEquals(gpio.load(ALL), 0);
  });

  Deno.test(`Pl061.write to GPIODATA drives line ${line} alone when the offset says so`, () => {
    const gpio = new Gpio();
    gpio.store(GPIODIR, 0xff);
    gpio.store(4 << line, 0xff);
    assertEquals(gpio.load(ALL), 1 << line);
    gpio.store(ALL & ~(4 << line), 0xff);
    gpio.store(4 << line, 0);
    assertEquals(gpio.load(ALL), 0xff & ~(1 << line));
  });
}

Deno.test("Pl061.setInput ignores lines that are not there", () => {
  const gpio = new Gpio();
  for (const level of [true, false, true]) {
    for (const line of [-1, 8, 31, 32, 40, Infinity]) gpio.device.setInput(line, level);
  }
  assertEquals([gpio.load(ALL), gpio.load(GPIORIS)], [0, 0]);
});

Deno.test("Pl061.write to GPIODATA does nothing to inputs, not even for later", () => {
  const gpio = new Gpio();
  gpio.store(ALL, 0xff);
  gpio.store(GPIODIR, 0xff);
  assertEquals(gpio.load(ALL), 0);
});

Deno.test("Pl061 shows an input again that was an output meanwhile", () => {
  const gpio = new Gpio();
  gpio.store(GPIODIR, 1);
  gpio.device.setInput(0, true);
  assertEquals(gpio.load(ALL), 0);
  gpio.store(GPIODIR, 0);
  assertEquals(gpio.load(ALL), 1);
});

/** GPIOIS, GPIOIBE, GPIOIEV; GPIORIS for a line that is low, rises, is cleared, falls, is cleared. */
const kinds: [what: string, is: number, ibe: number, iev: number, raw: number[]][] = [
  ["a falling edge", 0, 0, 0, [0, 0, 0, 8, 0]],
  ["a rising edge", 0, 0, 8, [0, 8, 0, 0, 0]],
  ["both edges", 0, 8, 0, [0, 8, 0, 8, 0]],
  ["both edges, whatever GPIOIEV says", 0, 8, 8, [0, 8, 0, 8, 0]],
  ["a low level", 8, 0, 0, [8, 0, 0, 8, 8]],
  ["a high level", 8, 0, 8, [0, 8, 8, 0, 0]],
];

for (const [what, is, ibe, iev, raw] of kinds) {
  Deno.test(`Pl061 interrupts for ${what}`, () => {
    const gpio = new Gpio();
    gpio.setUp([GPIOIS, is], [GPIOIBE, ibe], [GPIOIEV, iev], [GPIOIE, 8]);
    const steps = [
      () => {},
      () => gpio.device.setInput(3, true),
      () => gpio.store(GPIOIC, 0xff),
      () => gpio.device.setInput(3, false),
      () => gpio.store(GPIOIC, 0xff),
    ];
    const seen = steps.map((step) => {
      step();
      return [gpio.load(GPIORIS), gpio.load(GPIOMIS), gpio.levels.at(-1) ?? false];
    });
    assertEquals(seen, raw.map((bits) => [bits, bits, bits !== 0]));
  });
}

Deno.test("Pl061 keeps a masked interrupt from its line until it is unmasked", () => {
  const gpio = new Gpio();
  gpio.setUp([GPIOIBE, 0xff], [GPIOIE, 1]);
  gpio.device.setInput(3, true);
  assertEquals([gpio.load(GPIORIS), gpio.load(GPIOMIS), gpio.levels], [8, 0, []]);
  gpio.store(GPIOIE, 8);
  assertEquals([gpio.load(GPIOMIS), gpio.levels], [8, [true]]);
});

Deno.test("Pl061.write to GPIOIC clears the lines whose bits are 1", () => {
  const gpio = new Gpio();
  gpio.setUp([GPIOIBE, 0xff], [GPIOIE, 0xff]);
  for (let line = 0; line < 8; line++) gpio.device.setInput(line, true);
  gpio.store(GPIOIC, 0x0f);
  assertEquals([gpio.load(GPIORIS), gpio.levels], [0xf0, [true]]);
  gpio.store(GPIOIC, 0xf0);
  assertEquals([gpio.load(GPIORIS), gpio.levels], [0, [true, false]]);
});

Deno.test("Pl061 sees no edge where the level stays", () => {
  const gpio = new Gpio();
  gpio.device.setInput(3, true);
  gpio.setUp([GPIOIBE, 0xff], [GPIOIE, 0xff], [GPIOIC, 0xff]);
  gpio.device.setInput(3, true);
  assertEquals(gpio.load(GPIORIS), 0);
});

Deno.test("Pl061 does not interrupt for outputs", () => {
  const gpio = new Gpio();
  gpio.setUp([GPIODIR, 0xff], [GPIOIBE, 0x0f], [GPIOIS, 0xf0], [GPIOIE, 0xff]);
  for (let line = 0; line < 8; line++) gpio.device.setInput(line, true);
  gpio.store(ALL, 0xff);
  assertEquals([gpio.load(GPIORIS), gpio.levels], [0, []]);
});

Deno.test("Pl061.reset clears the registers, lets its line fall, and leaves the inputs", () => {
  const gpio = new Gpio();
  gpio.setUp([GPIOIEV, 0xff], [GPIOIE, 0xff], [GPIODIR, 1], [ALL, 1], [GPIOAFSEL, 0xff]);
  gpio.device.setInput(3, true);
  gpio.device.reset();
  for (const [offset, name] of registers) {
    assertEquals(gpio.load(offset), offset === ALL ? 8 : 0, name);
  }
  assertEquals(gpio.levels, [true, false]);
});
