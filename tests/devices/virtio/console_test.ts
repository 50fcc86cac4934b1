/** Tests the virtio console with a driver's queues, an output that can be held up, and input that is typed. */

import { assert, assertEquals } from "@std/assert";
import { Console, type Reader, type Writer } from "../../../devices/console.ts";
import type { VirtioHost } from "../../../devices/virtio/device.ts";
import * as vc from "../../../devices/virtio/console.ts";
import { SplitQueue } from "../../../devices/virtio/split_queue.ts";
import type { GuestMemory } from "../../../vm/guest_memory.ts";
import { randomWords } from "../../soft/random.ts";
import { bytesOf } from "../../streams.ts";
import { DriverQueue, guestMemory, type Piece, RAM } from "./driver_queue.ts";

const SIZE = 64;
const BUFFER = RAM.base + 0x1_0000;
/** How much the host's console holds back for an output that takes nothing. */
const BLOCK = 64 * 1024;

/** An output that takes nothing while it is held up. */
class Output implements Writer {
  readonly #blocks: Uint8Array[] = [];
  #gate = Promise.withResolvers<void>();

  constructor(isHeldUp: boolean) {
    if (!isHeldUp) this.release();
  }

  async write(bytes: Uint8Array): Promise<number> {
    await this.#gate.promise;
    this.#blocks.push(bytes.slice());
    return bytes.length;
  }

  release(): void {
    this.#gate.resolve();
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.#blocks.flatMap((block) => [...block]));
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }
}

/** Input that comes when a test types, and its end. */
class Keyboard implements Reader {
  /** How often somebody has asked. */
  reads = 0;
  #typed: (Uint8Array | null)[] = [];
  #bell = Promise.withResolvers<void>();

  type(keys: string | Uint8Array | null): void {
    this.#typed.push(typeof keys === "string" ? bytesOf(keys) : keys);
    this.#bell.resolve();
  }

  async read(room: Uint8Array): Promise<number | null> {
    this.reads++;
    while (this.#typed.length === 0) {
      this.#bell = Promise.withResolvers();
      await this.#bell.promise;
    }
    const bytes = this.#typed.shift()!;
    if (bytes === null) return null;
    const fitting = bytes.subarray(0, room.length);
    if (fitting.length < bytes.length) this.#typed.unshift(bytes.subarray(fitting.length));
    room.set(fitting);
    return fitting.length;
  }
}

/** Counts who waits for room. */
class CountingConsole extends Console {
  waits = 0;
  asks = 0;

  override room(): Promise<void> {
    this.waits++;
    return super.room();
  }

  override ask(): Promise<boolean> {
    this.asks++;
    return super.ask();
  }
}

interface Options {
  readonly isHeldUp?: boolean;
  readonly features?: number[];
  readonly eventIdx?: boolean;
  readonly onOutput?: (byte: number) => boolean;
}

/** A device that has not been started, and its driver. */
function setUp(options: Options = {}) {
  const { isHeldUp = false, features = [vc.VIRTIO_CONSOLE_F_SIZE], eventIdx = false } = options;
  const memory = guestMemory();
  const output = new Output(isHeldUp);
  const keyboard = new Keyboard();
  const console = new CountingConsole(output, keyboard, options.onOutput);
  const device = new vc.VirtioConsole(console);
  const told: string[] = [];
  /** Queues as at first, as after a reset. */
  const connect = () => {
    const common = { size: SIZE, indirect: true, eventIdx };
    const drivers = [RAM.base, RAM.base + 0x2000].map((desc) => {
      memory.bytes(desc, 0x2000).fill(0);
      return new DriverQueue(memory, { ...common, desc });
    });
    const queues: (SplitQueue | undefined)[] = drivers.map(({ setup }) =>
      new SplitQueue(memory, setup)
    );
    const host: VirtioHost = {
      features: new Set(features),
      queues,
      used: (queue) => void (queue.wantsInterrupt() && told.push(`used ${queues.indexOf(queue)}`)),
      again: (queue) => told.push(`again ${queues.indexOf(queue)}`),
      configChanged: () => told.push("config"),
      needsReset: (why) => told.push(why),
    };
    const [receive, transmit] = drivers as [DriverQueue, DriverQueue];
    const notify = (index: number) => device.notify(queues[index]!, index);
    return { host, queues, receive, transmit, notify };
  };
  return { memory, output, keyboard, console, device, told, connect, ...connect() };
}

const into = (length: number, address = BUFFER): Piece => ({ address, length, isWritable: true });
const from = (length: number, address = BUFFER): Piece => ({ address, length });

/** Guest memory as text. */
function text(memory: GuestMemory, address: number, length: number): string {
  return new TextDecoder().decode(memory.bytes(address, length).slice());
}

/** Lets promises and what waits for them come to an end. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 1));

Deno.test("VirtioConsole is device 3, with a queue in each direction, and offers what it can", () => {
  const { device } = setUp();
  assertEquals([device.deviceId, device.name], [3, "virtio-console"]);
  assertEquals([device.features, device.queueSizes], [[0, 2], [64, 64]]);
  assertEquals([device.config.length, device.config.some(Boolean)], [12, false]);
});

Deno.test("VirtioConsole prints what a driver hands over, also what was there before it started", async () => {
  const { memory, device, host, transmit, notify, output, console, told } = setUp();
  memory.write(BUFFER, bytesOf("Hello, world\n"));
  const first = transmit.offer(from(5), from(0), from(2, BUFFER + 5));
  device.start(host);
  assertEquals(transmit.takeUsed(), [[first, 0]]);
  const second = transmit.offer(from(6, BUFFER + 7), into(100, BUFFER + 0x1000));
  notify(vc.TRANSMITQ);
  assertEquals(transmit.takeUsed(), [[second, 0]]);
  await settled();
  assertEquals([output.text, console.bytesOut], ["Hello, world\n", 13]);
  assertEquals(told, ["used 1", "used 1"]);
  assert(memory.bytes(BUFFER + 0x1000, 100).every((byte) => byte === 0));
});

Deno.test("VirtioConsole writes output out by itself, many chains at a time", async () => {
  const { device, host, transmit, notify, console } = setUp();
  let flushes = 0;
  console.flush = () => void flushes++;
  device.start(host);
  for (let i = 0; i < 10; i++) {
    transmit.offer(from(16));
    notify(vc.TRANSMITQ);
  }
  assertEquals(flushes, 0);
  await settled();
  assertEquals(flushes, 1);
});

Deno.test("VirtioConsole gives chains back in which there is nothing to print", async () => {
  const { device, host, transmit, output, told } = setUp();
  transmit.offer(from(0));
  transmit.offer(into(8));
  transmit.offer(from(0), from(0), into(0));
  device.start(host);
  assertEquals(transmit.takeUsed(), [[0, 0], [1, 0], [2, 0]]);
  await settled();
  assertEquals([output.text, told], ["", ["used 1"]]);
});

Deno.test("VirtioConsole keeps a chain for which there is no room, and loses none of it", async () => {
  const { memory, device, host, transmit, notify, output, console } = setUp({ isHeldUp: true });
  const bytes = memory.bytes(BUFFER, 50_000);
  bytes.forEach((_, i) => bytes[i] = i * 7 + (i >> 8));
  device.start(host);
  // One block is under way, and another one waits: that is not enough.
  for (let i = 0; i < 3; i++) transmit.offer(from(10_000), from(40_000, BUFFER + 10_000));
  notify(vc.TRANSMITQ);
  await settled();
  assertEquals(transmit.takeUsed().length, 2);
  assertEquals([device.isBusy, console.bytesOut], [true, 2 * BLOCK]);
  // A notification does not help.
  transmit.offer(from(3));
  notify(vc.TRANSMITQ);
  assertEquals([transmit.takeUsed(), console.waits], [[], 2]);
  output.release();
  await settled();
  assertEquals(transmit.takeUsed(), [[4, 0], [6, 0]]);
  assertEquals(output.bytes, new Uint8Array([...bytes, ...bytes, ...bytes, ...bytes.slice(0, 3)]));
  assertEquals(device.isBusy, false);
});

Deno.test("VirtioConsole prints no more of an enormous chain at a time than there is room for", async () => {
  const { memory, device, host, transmit, console, told } = setUp({ isHeldUp: true });
  const table = BUFFER;
  for (let i = 0; i < SIZE; i++) {
    const flags = i < SIZE - 1 ? 1 : 0;
    transmit.describe(i, { address: RAM.base, length: RAM.size, flags, next: i + 1 }, table);
  }
  memory.bytes(RAM.base + 0x2000, 16).fill(0);
  transmit.describe(0, { address: table, length: 16 * SIZE, flags: 4 });
  transmit.offerHead(0);
  device.start(host);
  assertEquals(console.bytesOut, BLOCK);
  await settled();
  assertEquals([console.bytesOut, transmit.takeUsed()], [2 * BLOCK, []]);
  assertEquals(told, []);
});

Deno.test("VirtioConsole leaves output alone that a reset has taken back, however often", async () => {
  const { memory, device, host, transmit, connect, output, console } = setUp({ isHeldUp: true });
  memory.bytes(BUFFER, 150_000).fill(0x41);
  transmit.offer(from(150_000));
  device.start(host);
  await settled();
  const waits = console.waits;
  for (let i = 0; i < 100; i++) {
    device.stop();
    const { host, transmit } = connect();
    transmit.offer(from(150_000));
    device.start(host);
  }
  assertEquals(console.waits, waits);
  device.stop();
  const last = connect();
  memory.bytes(BUFFER, 3).fill(0x42);
  output.release();
  await settled();
  assertEquals([output.bytes.length, device.isBusy], [2 * BLOCK, false]);
  assert(output.bytes.every((byte) => byte === 0x41));
  assertEquals([transmit.takeUsed(), last.transmit.takeUsed()], [[], []]);
  const head = last.transmit.offer(from(3));
  device.start(last.host);
  assertEquals(last.transmit.takeUsed(), [[head, 0]]);
  await settled();
  assertEquals(output.text.slice(2 * BLOCK), "BBB");
});

Deno.test("VirtioConsole prints nothing behind what ends the machine", async () => {
  const seen: number[] = [];
  const { memory, device, host, transmit, notify, output, console } = setUp({
    onOutput: (byte) => (seen.push(byte), byte !== 0x0a),
  });
  memory.write(BUFFER, bytesOf("one\ntwo\n"));
  transmit.offer(from(8), from(8));
  device.start(host);
  transmit.offer(from(8));
  notify(vc.TRANSMITQ);
  await settled();
  assertEquals([output.text, seen.length, console.bytesOut], ["one\n", 4, 4]);
});

Deno.test("VirtioConsole asks the host for input when the guest has room for it, and not before", async () => {
  const { memory, device, host, receive, notify, keyboard, told, console } = setUp();
  keyboard.type("early");
  device.start(host);
  await settled();
  assertEquals(keyboard.reads, 0);
  receive.offer(into(3), into(8, BUFFER + 0x100));
  notify(vc.RECEIVEQ);
  assertEquals(receive.takeUsed(), []);
  await settled();
  assertEquals([receive.takeUsed(), told], [[[0, 5]], ["used 0"]]);
  assertEquals(text(memory, BUFFER, 3), "ear");
  assertEquals(text(memory, BUFFER + 0x100, 3), "ly\0");
  assertEquals([console.bytesIn, keyboard.reads, device.isBusy], [5, 1, false]);
});

Deno.test("VirtioConsole keeps input that does not fit until there is room", async () => {
  const { memory, device, host, receive, notify, keyboard } = setUp();
  receive.offer(into(4));
  device.start(host);
  keyboard.type("0123456789");
  await settled();
  assertEquals(receive.takeUsed(), [[0, 4]]);
  receive.offer(into(4, BUFFER + 4));
  notify(vc.RECEIVEQ);
  assertEquals(receive.takeUsed(), [[1, 4]]);
  receive.offer(into(4, BUFFER + 8));
  notify(vc.RECEIVEQ);
  assertEquals(receive.takeUsed(), [[2, 2]]);
  assertEquals(text(memory, BUFFER, 10), "0123456789");
});

Deno.test("VirtioConsole gives chains back that have no room for input, and loses none", async () => {
  const { memory, device, host, receive, keyboard } = setUp();
  receive.offer(from(8));
  receive.offer(into(0));
  receive.offer(from(8), into(2, BUFFER + 8));
  device.start(host);
  assertEquals(receive.takeUsed(), [[0, 0], [1, 0]]);
  keyboard.type("ab");
  await settled();
  assertEquals(receive.takeUsed(), [[2, 2]]);
  assertEquals(text(memory, BUFFER, 10), `${"\0".repeat(8)}ab`);
});

Deno.test("VirtioConsole gives input to the driver that is there when it comes", async () => {
  const { memory, device, host, receive, connect, keyboard, console } = setUp();
  receive.offer(into(8));
  device.start(host);
  for (let i = 0; i < 100; i++) {
    device.stop();
    const { host, receive } = connect();
    receive.offer(into(8));
    device.start(host);
  }
  assertEquals([console.asks, keyboard.reads], [1, 1]);
  device.stop();
  keyboard.type("keys");
  await settled();
  assertEquals(text(memory, BUFFER, 1), "\0");
  const last = connect();
  last.receive.offer(into(8));
  device.start(last.host);
  assertEquals(last.receive.takeUsed(), [[0, 4]]);
  assertEquals(text(memory, BUFFER, 4), "keys");
});

Deno.test("VirtioConsole keeps the chain when input has ended", async () => {
  const { device, host, receive, notify, keyboard, told } = setUp();
  receive.offer(into(8));
  device.start(host);
  keyboard.type(null);
  await settled();
  receive.offer(into(8));
  notify(vc.RECEIVEQ);
  await settled();
  assertEquals([receive.takeUsed(), told, keyboard.reads], [[], [], 1]);
});

Deno.test("VirtioConsole lets others have their turn when a driver offers more and more", () => {
  for (const index of [vc.RECEIVEQ, vc.TRANSMITQ]) {
    const { device, host, queues, receive, transmit, notify, told } = setUp();
    const driver = index === vc.RECEIVEQ ? receive : transmit;
    driver.offer(from(0));
    // What a driver on another CPU might do meanwhile.
    const queue = queues[index]!;
    const give = queue.give.bind(queue);
    queue.give = (head, written) => {
      give(head, written);
      driver.offer(from(0));
    };
    device.start(host);
    assertEquals([told, driver.takeUsed().length], [[`again ${index}`, `used ${index}`], SIZE]);
    notify(index);
    assertEquals(driver.takeUsed().length, SIZE);
  }
});

Deno.test("VirtioConsole asks for a reset after a chain that cannot be", () => {
  for (const index of [vc.RECEIVEQ, vc.TRANSMITQ]) {
    const { device, host, receive, transmit, notify, told, output } = setUp();
    (index === vc.RECEIVEQ ? receive : transmit).offerHead(64);
    device.start(host);
    assertEquals(told, ["a descriptor is number 64 of 64"]);
    notify(index);
    device.stop();
    assertEquals(output.text, "");
  }
});

Deno.test("VirtioConsole does without queues that a driver has not set up, or takes away", async () => {
  const { device, host, queues, receive, transmit, keyboard, told, output } = setUp({
    isHeldUp: true,
  });
  const none = { ...host, queues: [undefined, undefined] };
  device.start(none);
  device.stop();
  receive.offer(into(8));
  transmit.offer(from(150_000));
  device.start(host);
  await settled();
  queues.fill(undefined);
  keyboard.type("x");
  output.release();
  await settled();
  assertEquals([receive.takeUsed(), transmit.takeUsed(), told], [[], [], []]);
});

Deno.test("VirtioConsole wants notifications only when it has run out of chains", async () => {
  const { device, host, receive, notify, keyboard } = setUp({ eventIdx: true });
  device.start(host);
  assertEquals(receive.availEvent, 0);
  for (let i = 0; i < 3; i++) receive.offer(into(1));
  notify(vc.RECEIVEQ);
  assertEquals(receive.availEvent, 0, "a chain is in hand");
  keyboard.type("abc");
  await settled();
  assertEquals([receive.takeUsed().length, receive.availEvent], [3, 3]);
});

Deno.test("VirtioConsole tells a driver of its window's size, if that was agreed on", () => {
  const { device, host, connect, told } = setUp();
  device.start(host);
  assertEquals(told, []);
  device.resize(132, 43);
  assertEquals([...device.config], [132, 0, 43, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  assertEquals(told, ["config"]);
  device.stop();
  device.resize(0x1_2345, 300);
  assertEquals([...device.config.subarray(0, 4)], [0xff, 0xff, 0x2c, 1]);
  assertEquals(told, ["config"]);
  // A driver that starts does not look by itself.
  device.start(connect().host);
  assertEquals(told, ["config", "config"]);
  device.stop();
  device.start({ ...host, features: new Set([vc.VIRTIO_CONSOLE_F_EMERG_WRITE]) });
  device.resize(80, 25);
  assertEquals(told, ["config", "config"]);
});

Deno.test("VirtioConsole prints a byte in an emergency, before anything is set up and afterwards", async () => {
  const { device, host, console, output } = setUp();
  device.writeConfig(8, 4, 0x1234_5648);
  device.start(host);
  device.writeConfig(8, 1, 0x69);
  for (const offset of [0, 2, 4, 9, 10, 12, 0x100]) device.writeConfig(offset, 1, 0x21);
  device.stop();
  await console.drain();
  assertEquals(output.text, "Hi");
  assert(device.config.every((byte) => byte === 0));
});

Deno.test("VirtioConsole takes emergencies without end while the output takes nothing", () => {
  const { device, console } = setUp({ isHeldUp: true });
  for (let i = 0; i < 3 * BLOCK; i++) device.writeConfig(8, 4, 0x21);
  assertEquals(console.bytesOut, BLOCK);
});

Deno.test("VirtioConsole keeps the order of random chains in both directions", async () => {
  const words = randomWords(7);
  const random = (below: number) => (words() >>> 0) % below;
  const { memory, device, host, receive, transmit, notify, keyboard, output } = setUp();
  const typed = new Uint8Array(20_000).map(() => random(256));
  const [sent, got]: [number[], number[]] = [[], []];
  let given = 0;
  device.start(host);
  for (let round = 0; round < 400; round++) {
    const length = Math.min(random(100), typed.length - given);
    if (length > 0) keyboard.type(typed.subarray(given, given += length));
    // What is to be read lies in one half of the buffer, what is written in the other.
    const piece = (isWritable: boolean, i: number): Piece => {
      const address = BUFFER + (isWritable ? 0x1_0000 : 0) + 0x400 * i + random(0x100);
      return { address, length: random(4) === 0 ? 0 : random(0x200), isWritable };
    };
    const readable = Array.from({ length: random(4) }, (_, i) => piece(false, i));
    const writable = Array.from({ length: 1 + random(4) }, (_, i) => piece(true, i));
    for (const { address, length } of readable) {
      const bytes = memory.bytes(address, length);
      bytes.forEach((_, i) => bytes[i] = random(256));
      sent.push(...bytes);
    }
    transmit.offer(...readable, ...writable);
    notify(vc.TRANSMITQ);
    assertEquals(transmit.takeUsed().length, 1);
    receive.offer(...readable, ...writable);
    notify(vc.RECEIVEQ);
    await settled();
    let used = receive.takeUsed();
    if (used.length === 0) {
      keyboard.type(typed.subarray(given, ++given));
      await settled();
      used = receive.takeUsed();
    }
    let [[, left = -1] = []] = used;
    for (const { address, length } of writable) {
      got.push(...memory.bytes(address, Math.min(length, left)));
      left -= Math.min(length, left);
    }
    assertEquals(left, 0);
  }
  assertEquals(output.bytes, new Uint8Array(sent));
  assertEquals(new Uint8Array(got), typed.subarray(0, got.length));
  assert(got.length > 1000);
});
