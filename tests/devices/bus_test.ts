/** Tests which device an access belongs to, and what the bus tells of it. */

import { assertEquals, assertThrows } from "@std/assert";
import { BusError, MmioBus } from "../../devices/bus.ts";
import { NOT_YET } from "../../devices/device.ts";
import type { MmioExit } from "../../vm/exit.ts";
import { loadExit, storeExit } from "../mmio.ts";
import { busWith, Recorder } from "../recorder.ts";

const edges: [what: string, address: number, len: number, claimed: boolean][] = [
  ["the first byte", 0x1000, 1, true],
  ["the last byte", 0x100f, 1, true],
  ["the last 8 bytes", 0x1008, 8, true],
  ["the byte below", 0xfff, 1, false],
  ["the byte behind", 0x1010, 1, false],
  ["an access across the start", 0xfff, 2, false],
  ["an access across the end", 0x100d, 4, false],
  ["an address whose low 32 bits are the device's", 0x1_0000_1000, 4, false],
];

for (const [what, address, len, claimed] of edges) {
  for (const make of [loadExit, (a: number, l: number) => storeExit(a, l, 0n)]) {
    const kind = make === loadExit ? "load" : "store";
    Deno.test(`MmioBus ${claimed ? "gives" : "keeps from"} a device ${what} (${kind})`, () => {
      const device = new Recorder();
      busWith(device).access(make(address, len));
      assertEquals(device.accesses.length > 0, claimed);
    });
  }
}

Deno.test("MmioBus finds each of several devices, in any order", () => {
  const bus = new MmioBus();
  const devices = [0x3000, 0x1000, 0x2000].map((base) => {
    const device = new Recorder(base);
    bus.attach(`at ${base}`, base, 4, device);
    return device;
  });
  for (const base of [0x2000, 0x1000, 0x3000, 0x1000]) bus.access(loadExit(base, 4));
  assertEquals(devices.map((device) => device.accesses.length), [1, 2, 1]);
});

Deno.test("MmioBus tells devices apart that touch each other", () => {
  const [low, high] = [new Recorder(), new Recorder()];
  const bus = busWith(low);
  bus.attach("two", 0x1010, 16, high);
  bus.access(loadExit(0x100f, 1));
  bus.access(loadExit(0x1010, 1));
  assertEquals([low.accesses, high.accesses], [[["read", 15, 1]], [["read", 0, 1]]]);
});

Deno.test("MmioBus counts the loads and stores of each device", () => {
  const bus = busWith(new Recorder());
  bus.attach("two", 0x2000, 4, new Recorder());
  for (const len of [1, 8]) bus.access(loadExit(0x1000, len));
  bus.access(storeExit(0x2000, 4, 0n));
  assertEquals(bus.attachments.map(({ reads, writes }) => [reads, writes]), [[2, 0], [0, 1]]);
});

Deno.test("MmioBus counts an access only when it is done", () => {
  let ready = false;
  const bus = busWith({ read: () => ready ? 1 : NOT_YET, write() {} });
  bus.access(loadExit(0x1000, 1));
  ready = true;
  bus.access(loadExit(0x1000, 1));
  assertEquals(bus.attachments[0]?.reads, 1);
});

Deno.test("MmioBus tells of accesses that nobody claims, and counts them", () => {
  const told: Pick<MmioExit, "physAddr" | "len" | "isWrite">[] = [];
  const bus = new MmioBus(({ physAddr, len, isWrite }) => told.push({ physAddr, len, isWrite }));
  bus.access(loadExit(0x5000, 2));
  bus.access(storeExit(0x5008, 8, 0n));
  assertEquals(told, [
    { physAddr: 0x5000, len: 2, isWrite: false },
    { physAddr: 0x5008, len: 8, isWrite: true },
  ]);
  assertEquals([bus.unclaimed.reads, bus.unclaimed.writes], [1, 1]);
});

Deno.test("MmioBus tells nothing of accesses that a device claims", () => {
  const bus = new MmioBus(() => {
    throw new Error("told");
  });
  bus.attach("one", 0x1000, 4, new Recorder());
  assertEquals(bus.access(loadExit(0x1000, 4)), true);
});

Deno.test("MmioBus lists its devices by address", () => {
  const bus = busWith(new Recorder());
  bus.attach("low", 0x10, 4, new Recorder());
  assertEquals(bus.attachments.map(({ name }) => name), ["low", "one"]);
});

const overlaps: [what: string, base: number, size: number][] = [
  ["at the same address", 0x1000, 16],
  ["inside another one", 0x1004, 4],
  ["around another one", 0xff0, 0x100],
  ["across the start of another one", 0xfff, 2],
  ["across the end of another one", 0x100f, 2],
];

for (const [what, base, size] of overlaps) {
  Deno.test(`MmioBus.attach refuses a device ${what}`, () => {
    const bus = busWith(new Recorder());
    const error = assertThrows(() => bus.attach("two", base, size, new Recorder()), BusError);
    assertEquals(
      error.message,
      `two at 0x${base.toString(16)} (${size} bytes) overlaps one at 0x1000 (16 bytes)`,
    );
    assertEquals(bus.attachments.length, 1);
  });
}

for (
  const [base, size] of [[-1, 4], [0, 0], [0, -1], [NaN, 4], [0.5, 4], [0, 1.5], [0, Infinity]]
) {
  Deno.test(`MmioBus.attach refuses ${size} bytes at ${base}`, () => {
    const attach = () => new MmioBus().attach("odd", base!, size!, new Recorder());
    assertThrows(attach, BusError, "odd cannot be");
  });
}
