/** Tests what an access looks like to the device that it is for. */

import { assertEquals } from "@std/assert";
import { MmioBus } from "../../devices/bus.ts";
import { NOT_YET } from "../../devices/device.ts";
import { dataOf, deferredWrites, loadExit, storeExit, UNTOUCHED } from "../mmio.ts";
import { busWith, Recorder } from "../recorder.ts";

/** What a load of `len` bytes gets from a device that answers `answer`. */
function loaded(len: number, answer: number): bigint {
  const exit = loadExit(0x1000, len);
  busWith(new Recorder(answer)).access(exit);
  return dataOf(exit);
}

/** What a device sees of a store of `len` bytes. */
function stored(len: number, value: bigint): (string | number)[][] {
  const device = new Recorder();
  busWith(device).access(storeExit(0x1004, len, value));
  return device.accesses;
}

const unanswered = (bytes: number) => (UNTOUCHED >> BigInt(8 * bytes)) << BigInt(8 * bytes);

for (const len of [1, 2, 4]) {
  Deno.test(`MmioBus.access asks the device for a load of ${len} bytes`, () => {
    const device = new Recorder();
    busWith(device).access(loadExit(0x1008, len));
    assertEquals(device.accesses, [["read", 8, len]]);
  });

  Deno.test(`MmioBus.access answers a load of ${len} bytes with what fits`, () => {
    const fitting = BigInt.asUintN(8 * len, 0x1_8765_4321n);
    assertEquals(loaded(len, 0x1_8765_4321), unanswered(len) | fitting);
  });

  Deno.test(`MmioBus.access takes a negative answer to a load of ${len} bytes`, () => {
    assertEquals(loaded(len, -2), unanswered(len) | BigInt.asUintN(8 * len, -2n));
  });

  Deno.test(`MmioBus.access hands on a store of ${len} bytes as an unsigned number`, () => {
    const all = Number(BigInt.asUintN(8 * len, -1n));
    assertEquals(stored(len, -1n), [["write", 4, len, all]]);
  });
}

Deno.test("MmioBus.access makes two of a load of 8 bytes, the low half first", () => {
  const answers = [0x1111_1111, 0xffff_ffff];
  const exit = loadExit(0x1000, 8);
  busWith({ read: () => answers.shift()!, write() {} }).access(exit);
  assertEquals(dataOf(exit), 0xffff_ffff_1111_1111n);
});

Deno.test("MmioBus.access tells the device the offset of each half", () => {
  const device = new Recorder();
  busWith(device).access(loadExit(0x1008, 8));
  assertEquals(device.accesses, [["read", 8, 4], ["read", 12, 4]]);
});

Deno.test("MmioBus.access makes two of a store of 8 bytes, the low half first", () => {
  assertEquals(stored(8, 0xfedc_ba98_7654_3210n), [
    ["write", 4, 4, 0x7654_3210],
    ["write", 8, 4, 0xfedc_ba98],
  ]);
});

for (const len of [1, 2, 4, 8]) {
  Deno.test(`MmioBus reads ${len} bytes that nobody claims as zero`, () => {
    const exit = loadExit(0x5000, len);
    assertEquals(new MmioBus().access(exit), true);
    assertEquals(dataOf(exit), len === 8 ? 0n : unanswered(len));
  });

  Deno.test(`MmioBus ignores a store of ${len} bytes that nobody claims`, () => {
    assertEquals(new MmioBus().access(storeExit(0x5000, len, 1n)), true);
  });
}

Deno.test("MmioBus.access is false while the device cannot answer a load", () => {
  const exit = loadExit(0x1000, 4);
  assertEquals(busWith(new Recorder(NOT_YET)).access(exit), false);
  assertEquals(dataOf(exit), UNTOUCHED);
});

Deno.test("MmioBus.access is false while the device cannot answer half of a load", () => {
  const device = { read: (offset: number) => offset === 4 ? NOT_YET : 1, write() {} };
  const exit = loadExit(0x1000, 8);
  assertEquals(busWith(device).access(exit), false);
  assertEquals(dataOf(exit), UNTOUCHED);
});

for (const len of [1, 2, 4, 8]) {
  Deno.test(`MmioBus.access is false while the device cannot take a store of ${len} bytes`, () => {
    const bus = busWith({ read: () => 0, write: () => NOT_YET });
    assertEquals(bus.access(storeExit(0x1000, len, 0n)), false);
  });
}

Deno.test("MmioBus.progress waits for the device that could not answer", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const bus = busWith({ read: () => NOT_YET, write() {}, progress: () => promise });
  bus.attach("other", 0x2000, 4, { read: () => 0, write() {}, progress: () => Promise.resolve() });
  bus.access(loadExit(0x1000, 1));
  let moved = false;
  const progress = bus.progress().then(() => moved = true);
  await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(moved, false);
  resolve();
  await progress;
});

Deno.test("MmioBus.progress lets the world move for a device that does not say when to ask again", async () => {
  const bus = busWith({ read: () => NOT_YET, write() {} });
  bus.access(loadExit(0x1000, 1));
  let moved = false;
  setTimeout(() => moved = true, 0);
  await bus.progress();
  assertEquals(moved, true);
});

for (const [len, values] of [[1, [1, 0xff]], [2, [2, 0xffff]], [4, [3, 0xffff_ffff]]] as const) {
  Deno.test(`MmioBus.carry hands on deferred writes of ${len} bytes, in order, as unsigned numbers`, () => {
    const device = new Recorder();
    const bus = busWith(device);
    // What is behind the bytes that were written is somebody else's.
    const raw = values.map((value) => len === 4 ? value : value + 0x7700_0000 + 2 ** (8 * len));
    assertEquals(bus.carry(deferredWrites(0x1004, len, raw)), true);
    assertEquals(device.accesses, values.map((value) => ["write", 4, len, value]));
    assertEquals(bus.attachments[0]!.writes, 2);
  });
}

Deno.test("MmioBus.carry makes two of a deferred write of 8 bytes, the low half first", () => {
  const device = new Recorder();
  busWith(device).carry(deferredWrites(0x1000, 8, [0x1111_1111, 0x8222_2222]));
  assertEquals(device.accesses, [["write", 0, 4, 0x1111_1111], ["write", 4, 4, 0x8222_2222]]);
});

Deno.test("MmioBus.carry goes on with deferred writes where their device could not take more", () => {
  const taken: number[] = [];
  let room = 2;
  const bus = busWith({
    read: () => 0,
    write: (_offset, _size, value) => room-- > 0 ? void taken.push(value) : NOT_YET,
  });
  const writes = deferredWrites(0x1000, 1, [1, 2, 3, 4]);
  assertEquals([bus.carry(writes), taken], [false, [1, 2]]);
  assertEquals([bus.carry(writes), taken], [false, [1, 2]]);
  room = 9;
  assertEquals([bus.carry(writes), taken], [true, [1, 2, 3, 4]]);
});

Deno.test("MmioBus.carry carries an access that was not deferred as MmioBus.access does", () => {
  const device = new Recorder();
  busWith(device).carry(storeExit(0x1004, 1, 5n));
  assertEquals(device.accesses, [["write", 4, 1, 5]]);
});
