/** Tests how a guest gets its input. */

import { assertEquals } from "@std/assert";
import {
  Console,
  DATA,
  STATUS,
  STATUS_END_OF_INPUT,
  STATUS_INPUT_READY,
} from "../../devices/console.ts";
import { NOT_YET } from "../../devices/device.ts";
import { blocks, bytesOf, emptyReader, MemoryWriter, silentReader } from "../streams.ts";

/** Reads as a guest does that waits in DATA, until the input is over. */
async function readAll(console: Console): Promise<number[]> {
  const all: number[] = [];
  for (;;) {
    const byte = console.read(DATA, 1);
    if (byte === NOT_YET) await console.progress();
    else if (console.read(STATUS, 1) === STATUS_END_OF_INPUT) return all;
    else all.push(byte);
  }
}

for (const size of [2, 4]) {
  Deno.test(`Console reads ${size} bytes as zero and takes no input for it`, async () => {
    const console = new Console(new MemoryWriter(), blocks(bytesOf("a")));
    assertEquals(console.read(DATA, size), 0);
    assertEquals(await readAll(console), [0x61]);
  });
}

Deno.test("Console does not ask for input before the guest does", () => {
  const reader = {
    read: () => {
      throw new Error("asked");
    },
  };
  const console = new Console(new MemoryWriter(), reader);
  console.write(DATA, 1, 0x21);
  console.flush();
  assertEquals(console.bytesIn, 0);
});

Deno.test("Console.read of DATA waits for input", () => {
  assertEquals(new Console(new MemoryWriter(), silentReader).read(DATA, 1), NOT_YET);
});

Deno.test("Console.read of DATA gives the input byte by byte, over all blocks", async () => {
  const console = new Console(new MemoryWriter(), blocks(bytesOf("ab"), bytesOf("c")));
  assertEquals(await readAll(console), [0x61, 0x62, 0x63]);
  assertEquals(console.bytesIn, 3);
});

Deno.test("Console.read of DATA gives zero bytes of the input as they are", async () => {
  const console = new Console(new MemoryWriter(), blocks(new Uint8Array([0, 1, 0])));
  assertEquals(await readAll(console), [0, 1, 0]);
});

Deno.test("Console.read of DATA takes 256 KiB of random input as they are", async () => {
  const random = new Uint8Array(256 * 1024);
  for (let at = 0; at < random.length; at += 65536) {
    crypto.getRandomValues(random.subarray(at, at + 65536));
  }
  const console = new Console(new MemoryWriter(), blocks(random));
  assertEquals(new Uint8Array(await readAll(console)), random);
});

Deno.test("Console.read of DATA is 0 at the end of input, time and again", async () => {
  const console = new Console(new MemoryWriter(), emptyReader);
  await readAll(console);
  assertEquals([console.read(DATA, 1), console.read(DATA, 1)], [0, 0]);
});

Deno.test("Console.read of STATUS is 0 while there is no input yet", () => {
  assertEquals(new Console(new MemoryWriter(), silentReader).read(STATUS, 1), 0);
});

Deno.test("Console.read of STATUS says that input is ready, and takes none", async () => {
  const console = new Console(new MemoryWriter(), blocks(bytesOf("a")));
  console.read(STATUS, 1);
  await console.progress();
  assertEquals(console.read(STATUS, 1), STATUS_INPUT_READY);
  assertEquals(console.read(STATUS, 1), STATUS_INPUT_READY);
  assertEquals(console.read(DATA, 1), 0x61);
});

Deno.test("Console.read of STATUS says that the input is over", async () => {
  const console = new Console(new MemoryWriter(), emptyReader);
  console.read(STATUS, 1);
  await console.progress();
  assertEquals(console.read(STATUS, 1), STATUS_END_OF_INPUT);
});

Deno.test("Console takes an input that cannot be read for one that is over", async () => {
  const reader = { read: () => Promise.reject(new Error("is a directory")) };
  const console = new Console(new MemoryWriter(), reader);
  assertEquals(await readAll(console), []);
});
