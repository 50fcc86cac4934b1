/** Tests the virt machine's serial port: who gets input when, and which stores are exits. */

import { assert, assertEquals } from "@std/assert";
import { Console, type Reader } from "../../devices/console.ts";
import { Serial } from "../../machine/serial.ts";
import type { Timer } from "../../devices/timer.ts";
import { blocks, bytesOf, emptyReader, MemoryWriter, silentReader } from "../streams.ts";
import { within } from "../within.ts";
import { RecordedVm } from "./recorded_vm.ts";

// The manual's numbers, which the tests do not take from what they test.
const UARTDR = 0x00;
const UARTFR = 0x18;
const UARTCR = 0x30;
const UARTIMSC = 0x38;
const UARTICR = 0x44;
const FR_RXFE = 1 << 4;
const TX = 1 << 5;
const RX_AND_RT = 1 << 4 | 1 << 6;
const ENABLED = 1 | 1 << 8 | 1 << 9;

const BASE = 0x900_0000;
const SLOT = 1;

/** A serial port, its console and its virtual machine. */
class Port implements Disposable {
  readonly vm = new RecordedVm();
  readonly output = new MemoryWriter();
  readonly levels: boolean[] = [];
  readonly serial: Serial;
  readonly console: Console;

  constructor(input: Reader = emptyReader, takesInput?: boolean, timer?: Timer) {
    this.console = new Console(this.output, input);
    const bytes = new Uint8Array(new SharedArrayBuffer(0x1_0000));
    const page = { bytes, slot: SLOT };
    this.serial = new Serial(this.console, page, (level) => this.levels.push(level), {
      collects: true,
      takesInput,
      timer,
    });
    this.serial.connect(this.vm.vm);
    this.serial.start();
  }

  store(offset: number, value: number): void {
    assertEquals(this.serial.uart.write(offset, 4, value), undefined);
  }

  load(offset: number): number {
    return this.serial.uart.read(offset, 4);
  }

  /** As a driver that waits for interrupts. */
  startDriver(): void {
    this.store(UARTIMSC, 0);
    this.store(UARTICR, 0xffff);
    this.store(UARTCR, ENABLED);
    this.store(UARTIMSC, RX_AND_RT);
  }

  get isEmpty(): boolean {
    return (this.load(UARTFR) & FR_RXFE) !== 0;
  }

  /** What waits in the FIFO. */
  read(): string {
    let text = "";
    while (!this.isEmpty) text += String.fromCharCode(this.load(UARTDR));
    return text;
  }

  /** Resolves when input waits in the FIFO. */
  async input(): Promise<void> {
    const there = async () => {
      while (this.isEmpty) await delay(1);
    };
    await within(LIMIT, "input", there());
  }

  /** Reads until so much has come. */
  async readAll(length: number): Promise<string> {
    let text = "";
    while (text.length < length) {
      await this.input();
      text += this.read();
    }
    return text;
  }

  [Symbol.dispose](): void {
    this.serial[Symbol.dispose]();
  }
}

const delay = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** How long input may take to come, in seconds. */
const LIMIT = 10;

Deno.test("Serial collects output in the kernel, and shows the registers as memory", () => {
  using port = new Port();
  assertEquals([...port.vm.collected], [BASE + UARTDR]);
  assert(port.vm.regions.has(SLOT));
});

Deno.test("Serial prints what the guest sends", async () => {
  using port = new Port();
  for (const byte of bytesOf("hello")) port.store(UARTDR, byte);
  await port.console.drain();
  assertEquals(port.output.text, "hello");
});

Deno.test("Serial lets each byte through to a driver that sends by interrupt", () => {
  using port = new Port();
  port.store(UARTIMSC, TX);
  assertEquals(port.vm.collected.size, 0);
  port.store(UARTDR, 0x41);
  assertEquals([port.vm.collected.size, port.levels.at(-1)], [0, true]);
  port.store(UARTIMSC, 0);
  assertEquals(port.levels.at(-1), false);
});

Deno.test("Serial collects again with the first byte after a rest", () => {
  using port = new Port();
  port.serial.rest();
  assertEquals(port.vm.collected.size, 0);
  port.store(UARTDR, 0x41);
  assertEquals(port.vm.collected.size, 1);
});

Deno.test("Serial does without a kernel that collects", async () => {
  using port = new Port();
  port.serial.rest();
  port.vm.collects = false;
  port.store(UARTDR, 0x41);
  port.store(UARTDR, 0x42);
  await port.console.drain();
  assertEquals(port.output.text, "AB");
});

Deno.test("Serial keeps input until a driver waits for it", async () => {
  using port = new Port(blocks(bytesOf("x")));
  assert(port.isEmpty);
  port.startDriver();
  await port.input();
  assert(port.levels.at(-1));
  assertEquals(port.read(), "x");
});

Deno.test("Serial takes the registers' page away while input waits, and shows it again", async () => {
  using port = new Port(blocks(bytesOf("x")));
  port.startDriver();
  assertEquals(await port.readAll(1), "x");
  assert(port.vm.calls.includes("hide"));
  assert(port.vm.regions.has(SLOT));
});

Deno.test("Serial offers input to a guest that has been silent for a while", async () => {
  using port = new Port(blocks(bytesOf("typed ahead")));
  assertEquals(await port.readAll(11), "typed ahead");
});

Deno.test("Serial takes an offer back from a guest that prints instead", async () => {
  using port = new Port(blocks(bytesOf("abc")));
  await port.input();
  port.store(UARTDR, 0x21);
  assert(port.isEmpty);
  assertEquals(await port.readAll(3), "abc");
});

Deno.test("Serial takes input back from a driver that throws away what it finds", async () => {
  using port = new Port(blocks(bytesOf("not lost")));
  await port.input();
  port.startDriver();
  assertEquals(await port.readAll(8), "not lost");
});

Deno.test("Serial loses and reorders nothing of much input", async () => {
  const text = Array.from({ length: 500 }, (_, i) => `line ${i}\n`).join("");
  using port = new Port(blocks(...text.match(/[^]{1,37}/g)!.map(bytesOf)));
  port.startDriver();
  assertEquals(await port.readAll(text.length), text);
});

Deno.test("Serial gives so much at a time, and then shows the registers for a while", async () => {
  const text = "0123456789".repeat(60);
  using port = new Port(blocks(bytesOf(text)));
  port.startDriver();
  await port.input();
  const first = port.read();
  assertEquals(first, text.slice(0, 256));
  assertEquals([port.serial.isPausing, port.vm.regions.has(SLOT)], [true, true]);
  assertEquals(port.vm.calls.filter((call) => call === "hide").length, 1);
  assertEquals(first + await port.readAll(text.length - first.length), text);
});

/** How long a guest waits for more that has read two bytes, `before` milliseconds after they came, and `between` apart. */
async function pauseAfter(before: number, between: number): Promise<number | undefined> {
  let now = 1000;
  let pause: number | undefined;
  using port = new Port(blocks(bytesOf("ab")), true, (milliseconds) => {
    pause = milliseconds;
    return () => {};
  });
  port.startDriver();
  await port.input();
  Object.defineProperty(performance, "now", { value: () => now, configurable: true });
  try {
    now += before;
    port.load(UARTDR);
    now += between;
    port.load(UARTDR);
  } finally {
    // What its prototype has is seen again.
    Reflect.deleteProperty(performance, "now");
  }
  return pause;
}

Deno.test("Serial pauses for half of the time that the guest has read for, and not for long", async () => {
  assertEquals(await pauseAfter(0, 0), 1);
  assertEquals(await pauseAfter(0, 300), 150);
  // It has not read yet, and does not wait because of that.
  assertEquals(await pauseAfter(60_000, 0), 1);
  assertEquals(await pauseAfter(0, 60_000), 1000);
});

Deno.test("Serial gives a new virtual machine the input that the one before has not read", async () => {
  using port = new Port(blocks(bytesOf("again")));
  port.startDriver();
  await port.input();
  port.serial.disconnect();
  assert(port.isEmpty);
  const next = new RecordedVm();
  port.serial.connect(next.vm);
  port.serial.start();
  port.startDriver();
  assertEquals(await port.readAll(5), "again");
  assertEquals([...next.collected], [BASE + UARTDR]);
});

Deno.test("Serial leaves input alone that is not for it, and prints all the same", async () => {
  let reads = 0;
  const input = { read: () => Promise.resolve(reads++ === 0 ? 1 : null) };
  using port = new Port(input, false);
  await delay(5);
  port.startDriver();
  port.store(UARTDR, 0x41);
  port.serial.disconnect();
  port.serial.connect(port.vm.vm);
  port.serial.start();
  await delay(5);
  await port.console.drain();
  assertEquals([port.isEmpty, reads, port.output.text], [true, 0, "A"]);
});

Deno.test("Serial leaves no timer behind", async () => {
  const port = new Port(silentReader);
  await delay(0);
  port[Symbol.dispose]();
});
