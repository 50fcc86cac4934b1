/** Tests what becomes of the bytes that a guest prints. */

import { assertEquals } from "@std/assert";
import { Console, CONSOLE_SIZE, DATA, STATUS, type Writer } from "../../devices/console.ts";
import { NOT_YET } from "../../devices/device.ts";
import { bytesOf, emptyReader, failingWriter, MemoryWriter, silentReader } from "../streams.ts";

/** How much the console holds back for a writer that takes nothing. */
const BLOCK = 64 * 1024;

/** Prints as a guest does. */
function print(console: Console, text: string): void {
  for (const byte of bytesOf(text)) console.write(DATA, 1, byte);
}

Deno.test("Console keeps what is printed until it is flushed", () => {
  const writer = new MemoryWriter();
  print(new Console(writer, emptyReader), "Hello");
  assertEquals(writer.blocks, []);
});

Deno.test("Console.flush writes what was printed in one block", async () => {
  const writer = new MemoryWriter();
  const console = new Console(writer, emptyReader);
  print(console, "Hello\n");
  console.flush();
  await console.drain();
  assertEquals(writer.blocks, [bytesOf("Hello\n")]);
});

Deno.test("Console.flush writes nothing where nothing was printed", async () => {
  const writer = new MemoryWriter();
  const console = new Console(writer, emptyReader);
  console.flush();
  await console.drain();
  assertEquals(writer.blocks, []);
});

Deno.test("Console.drain writes all, to a writer that takes a little at a time", async () => {
  const writer = new MemoryWriter(2);
  const console = new Console(writer, emptyReader);
  print(console, "Hello");
  await console.drain();
  assertEquals(writer.blocks, [bytesOf("He"), bytesOf("ll"), bytesOf("o")]);
});

Deno.test("Console.drain writes what is printed while a block is under way", async () => {
  const written: string[] = [];
  const writer: Writer = {
    write(block) {
      written.push(new TextDecoder().decode(block));
      if (written.length === 1) print(console, "two");
      return new Promise((resolve) => setTimeout(resolve, 1, block.length));
    },
  };
  const console = new Console(writer, emptyReader);
  print(console, "one");
  await console.drain();
  assertEquals(written, ["one", "two"]);
});

Deno.test("Console leaves a block alone while it is being written", async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const written: Uint8Array[] = [];
  const console = new Console(
    { write: (block) => (written.push(block), promise) },
    emptyReader,
  );
  print(console, "first");
  console.flush();
  print(console, "OTHER");
  console.flush();
  resolve(5);
  assertEquals(written, [bytesOf("first")]);
  await console.drain();
});

Deno.test("Console.write says NOT_YET when the writer takes nothing", () => {
  const console = new Console({ write: () => new Promise(() => {}) }, emptyReader);
  console.write(DATA, 1, 0);
  console.flush();
  for (let i = 0; i < BLOCK; i++) assertEquals(console.write(DATA, 1, 0), undefined);
  assertEquals(console.write(DATA, 1, 0), NOT_YET);
  assertEquals(console.bytesOut, BLOCK + 1);
});

Deno.test("Console.put takes as many bytes as there is room for, behind what was printed", async () => {
  const writer = new MemoryWriter();
  const console = new Console(writer, emptyReader);
  print(console, "one");
  const bytes = new Uint8Array(new SharedArrayBuffer(BLOCK)).map((_, i) => i);
  assertEquals([console.put(bytesOf("two")), console.put(bytes)], [3, BLOCK - 6]);
  assertEquals([console.put(bytes), console.put(new Uint8Array())], [0, 0]);
  assertEquals([console.write(DATA, 1, 0), console.bytesOut], [NOT_YET, BLOCK]);
  bytes.fill(0);
  await console.drain();
  assertEquals(new TextDecoder().decode(writer.bytes.subarray(0, 6)), "onetwo");
  assertEquals(writer.bytes.subarray(6), new Uint8Array(BLOCK - 6).map((_, i) => i));
});

Deno.test("Console.put tells of each byte, and prints nothing more when that is answered with false", async () => {
  const told: number[] = [];
  const writer = new MemoryWriter();
  const console = new Console(writer, emptyReader, (byte) => {
    told.push(byte);
    return byte !== 0x69;
  });
  assertEquals([console.put(bytesOf("H")), console.put(bytesOf("i!")), console.put(bytesOf("!"))], [
    1,
    2,
    1,
  ]);
  await console.drain();
  assertEquals([writer.text, told, console.bytesOut], ["Hi", [0x48, 0x69], 2]);
});

Deno.test("Console.room resolves when there is room for output, be it a writer that fails", async () => {
  for (const writer of [new MemoryWriter(), new MemoryWriter(1000), failingWriter]) {
    const console = new Console(writer, silentReader);
    await console.room();
    for (let i = 0; i < 5; i++) {
      console.put(new Uint8Array(BLOCK));
      assertEquals(console.put(new Uint8Array(1)), 0);
      await console.room();
      assertEquals(console.put(new Uint8Array(1)), 1);
    }
  }
});

Deno.test("Console.room waits for a writer that takes nothing", async () => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const console = new Console({ write: () => promise }, silentReader);
  console.put(new Uint8Array(BLOCK));
  await console.room();
  console.put(new Uint8Array(BLOCK));
  let hasRoom = false;
  const room = console.room().then(() => hasRoom = true);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assertEquals([hasRoom, console.put(new Uint8Array(1))], [false, 0]);
  resolve(BLOCK);
  await room;
  assertEquals(console.put(new Uint8Array(1)), 1);
});

Deno.test("Console.progress makes room for the byte that found none", async () => {
  const writer = new MemoryWriter();
  const console = new Console(writer, emptyReader);
  for (let i = 0; i < BLOCK; i++) console.write(DATA, 1, i);
  assertEquals(console.write(DATA, 1, 0x21), NOT_YET);
  await console.progress();
  assertEquals(console.write(DATA, 1, 0x21), undefined);
  await console.drain();
  const { length } = writer.bytes;
  assertEquals([length, writer.bytes[BLOCK - 1], writer.bytes[BLOCK]], [BLOCK + 1, 0xff, 0x21]);
});

Deno.test("Console keeps the error of a writer that fails", async () => {
  const console = new Console(failingWriter, emptyReader);
  print(console, "x");
  await console.drain();
  assertEquals(console.failure?.message, "nobody reads this");
});

Deno.test("Console takes further output after its writer failed", async () => {
  const console = new Console(failingWriter, emptyReader);
  for (let i = 0; i < 3 * BLOCK; i++) {
    if (console.write(DATA, 1, 0) === NOT_YET) await console.progress();
  }
  await console.drain();
  assertEquals(console.failure instanceof Error, true);
});

Deno.test("Console counts the bytes that were printed", () => {
  const console = new Console(new MemoryWriter(), emptyReader);
  print(console, "Hello\n");
  assertEquals(console.bytesOut, 6);
});

Deno.test("Console tells of each byte that is printed", () => {
  const told: number[] = [];
  const console = new Console(new MemoryWriter(), emptyReader, (byte) => void told.push(byte));
  print(console, "Hi");
  assertEquals(told, [0x48, 0x69]);
});

for (const [offset, size] of [[STATUS, 1], [DATA, 2], [DATA, 4], [STATUS, 4]] as const) {
  Deno.test(`Console ignores a store of ${size} bytes at offset ${offset}`, async () => {
    const writer = new MemoryWriter();
    const console = new Console(writer, emptyReader);
    console.write(offset, size, 0x41);
    await console.drain();
    assertEquals([writer.blocks.length, console.bytesOut], [0, 0]);
  });
}

Deno.test("Console takes two bytes of addresses", () => {
  assertEquals(CONSOLE_SIZE, 2);
});

Deno.test("Console.progress writes out what was printed while input is awaited", async () => {
  const writer = new MemoryWriter();
  const console = new Console(writer, silentReader);
  print(console, "name? ");
  assertEquals(console.read(DATA, 1), NOT_YET);
  // Nobody types, so this is still under way when the words are there.
  console.progress();
  await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(writer.text, "name? ");
});
