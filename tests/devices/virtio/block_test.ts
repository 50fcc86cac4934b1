/** Tests the block device with a driver's queue and a disk in memory. */

import { assert, assertEquals } from "@std/assert";
import { NOT_YET } from "../../../devices/device.ts";
import { VirtioBlock } from "../../../devices/virtio/block.ts";
import * as blk from "../../../devices/virtio/block_spec.ts";
import type { Disk, DiskRequest } from "../../../devices/virtio/disk.ts";
import type { VirtioHost } from "../../../devices/virtio/device.ts";
import { SplitQueue } from "../../../devices/virtio/split_queue.ts";
import { randomWords } from "../../soft/random.ts";
import { DriverQueue, guestMemory, type Piece as Described, RAM } from "./driver_queue.ts";

const HEADER = RAM.base + 0x1_0000;
const DATA = RAM.base + 0x1_1000;
const STATUS = RAM.base + 0x3_0000;
/** In sectors. */
const DISK_SIZE = 64;

/** A disk that keeps its bytes in an array, and notes what it is asked for. */
class MemoryDisk implements Disk {
  readonly name = "a disk";
  readonly size = DISK_SIZE * 512;
  readonly serial = "a serial of more than twenty bytes";
  readonly bytes = new Uint8Array(new SharedArrayBuffer(this.size));
  readonly notes: string[] = [];
  /** How often it fails from now on. */
  failures = 0;
  /** What requests wait for; nothing, if they are done when they have begun. */
  gate?: Promise<void>;

  constructor(readonly readOnly = false) {}

  onDone = () => {};
  #underWay = 0;
  #idle = Promise.withResolvers<void>();

  get isBusy(): boolean {
    return this.#underWay > 0;
  }
  begin(request: DiskRequest): void {
    const { operation, offset, length, chainOffset } = request;
    const words = operation === "flush" ? [] : [offset, length];
    this.notes.push([operation, ...words].join(" "));
    this.#underWay++;
    const finish = () => {
      const bytes = this.bytes.subarray(offset, offset + length);
      if (operation === "read") request.chain.write(chainOffset, bytes);
      if (operation === "write") request.chain.read(chainOffset, bytes);
      request.done(this.failures-- <= 0);
      if (--this.#underWay > 0) return;
      this.#idle.resolve();
      this.#idle = Promise.withResolvers();
    };
    if (this.gate === undefined) return finish();
    this.gate.then(() => {
      finish();
      this.onDone();
    });
  }
  submit(): void {}
  async settle(): Promise<void> {
    while (this.isBusy) await this.#idle.promise;
  }
}

/** A device that runs. */
function setUp(options: { disk?: MemoryDisk; features?: number[]; size?: number } = {}) {
  const { disk = new MemoryDisk(), features = [blk.VIRTIO_BLK_F_FLUSH], size = 64 } = options;
  const memory = guestMemory();
  const driver = new DriverQueue(memory, { size, indirect: true });
  const queue = new SplitQueue(memory, driver.setup);
  const told: string[] = [];
  const host: VirtioHost = {
    features: new Set(features),
    queues: [queue],
    used() {},
    again() {},
    configChanged() {},
    needsReset: (why) => told.push(why),
  };
  const device = new VirtioBlock(disk);
  device.start(host);
  /** Offers a request without doing any more. */
  const offer = (type: number, sector: number, ...data: Described[]) => {
    memory.writeUint32(HEADER, type);
    memory.writeUint32(HEADER + 4, 0);
    memory.writeUint64(HEADER + 8, BigInt(sector));
    memory.write(STATUS, new Uint8Array([0xff]));
    driver.offer(
      { address: HEADER, length: 16 },
      ...data,
      { address: STATUS, length: 1, isWritable: true },
    );
    device.notify();
  };
  const done = async () => {
    while (device.isBusy) await device.progress();
    return driver.takeUsed();
  };
  /** Makes a request. @returns Its status, and how many bytes were written. */
  const request = async (type: number, sector: number, ...data: Described[]) => {
    offer(type, sector, ...data);
    const [[, written] = [0, -1]] = await done();
    return [memory.bytes(STATUS, 1)[0], written];
  };
  return { memory, driver, queue, device, disk, told, offer, done, request, host };
}

const into = (length: number, address = DATA): Described => ({ address, length, isWritable: true });
const from = (length: number, address = DATA): Described => ({ address, length });

/** Ranges to discard or to zero, written to where data is. */
function ranges(
  memory: ReturnType<typeof guestMemory>,
  ...all: [number, number, number][]
): Described {
  for (const [i, [sector, count, flags]] of all.entries()) {
    memory.writeUint64(DATA + 16 * i, BigInt(sector));
    memory.writeUint32(DATA + 16 * i + 8, count);
    memory.writeUint32(DATA + 16 * i + 12, flags);
  }
  return from(16 * all.length);
}

Deno.test("VirtioBlock tells its size, its limits and its topology", () => {
  const { config, features } = new VirtioBlock(new MemoryDisk(), 3);
  const view = new DataView(config.buffer);
  assertEquals(view.getBigUint64(0, true), BigInt(DISK_SIZE));
  assertEquals([view.getUint32(12, true), view.getUint32(20, true)], [254, 512]);
  assertEquals([view.getUint8(24), view.getUint16(34, true)], [3, 3]);
  assertEquals(features, [2, 6, 9, 10, 12, 13, 14]);
  assertEquals(new VirtioBlock(new MemoryDisk(true)).features, [2, 6, 9, 10, 12, 5]);
});

Deno.test("VirtioBlock reads into pieces of any length", async () => {
  const { memory, disk, request } = setUp();
  disk.bytes.forEach((_, i) => disk.bytes[i] = i * 7);
  const answer = await request(0, 2, into(1), into(1000, DATA + 0x100), into(23, DATA + 0x800));
  assertEquals(answer, [0, 1025]);
  assertEquals(memory.bytes(DATA, 1), disk.bytes.subarray(1024, 1025));
  assertEquals(memory.bytes(DATA + 0x100, 1000), disk.bytes.subarray(1025, 2025));
  assertEquals([...memory.bytes(DATA + 0x800, 24)], [...disk.bytes.subarray(2025, 2048), 0]);
});

Deno.test("VirtioBlock writes out of pieces of any length", async () => {
  const { memory, disk, request } = setUp();
  const bytes = memory.bytes(DATA, 1536);
  bytes.forEach((_, i) => bytes[i] = i * 5 + 1);
  assertEquals(await request(1, 61, from(511), from(1025, DATA + 511)), [0, 1]);
  assertEquals(disk.bytes.subarray(61 * 512), bytes);
  assertEquals(disk.notes, ["write 31232 1536"]);
});

Deno.test("VirtioBlock takes header and status however they are laid out", async () => {
  const { memory, driver, device, disk, done } = setUp();
  disk.bytes.fill(0x5a);
  memory.bytes(HEADER, 16).fill(0);
  driver.offer(from(3, HEADER), from(13, HEADER + 3), into(513));
  device.notify();
  assertEquals(await done(), [[0, 513]]);
  assertEquals([...memory.bytes(DATA + 510, 4)], [0x5a, 0x5a, 0, 0]);
});

Deno.test("VirtioBlock refuses what is not all on the disk, and what is no whole sector", async () => {
  const { disk, request } = setUp();
  for (
    const [sector, length] of [[64, 512], [63, 1024], [2 ** 54, 512], [0, 100], [0, 513]] as const
  ) {
    assertEquals((await request(0, sector, into(length)))[0], 1, `${sector} ${length}`);
    assertEquals((await request(1, sector, from(length)))[0], 1, `${sector} ${length}`);
  }
  assertEquals(disk.notes, []);
});

Deno.test("VirtioBlock answers what the disk could not do with an error", async () => {
  const { memory, disk, request } = setUp();
  const range = ranges(memory, [0, 8, 0]);
  const requests: [number, Described[]][] = [[0, [into(512)]], [1, [from(512)]], [4, []], [11, [
    range,
  ]], [13, [range]]];
  for (const [type, data] of requests) {
    disk.failures = 1;
    assertEquals((await request(type, 0, ...data))[0], 1, `type ${type}`);
    if (type !== 1) assertEquals((await request(type, 0, ...data))[0], 0, `type ${type}`);
  }
});

Deno.test("VirtioBlock flushes", async () => {
  const { disk, request } = setUp();
  assertEquals(await request(4, 0), [0, 1]);
  assertEquals(disk.notes, ["flush"]);
});

Deno.test("VirtioBlock flushes after each write where flushing was not agreed on", async () => {
  const { memory, disk, request } = setUp({ features: [] });
  await request(1, 0, from(512));
  await request(13, 0, ranges(memory, [0, 8, 1]));
  await request(0, 0, into(512));
  assertEquals(disk.notes, ["write 0 512", "flush", "zero-unmap 0 4096", "flush", "read 0 512"]);
  disk.failures = 0;
});

Deno.test("VirtioBlock tells its serial, as much as there is room for in 20 bytes", async () => {
  const { memory, request } = setUp();
  assertEquals(await request(8, 0, into(20)), [0, 21]);
  assertEquals(new TextDecoder().decode(memory.bytes(DATA, 20).slice()), "a serial of more tha");
  assertEquals((await request(8, 0, into(19)))[0], 1);
});

Deno.test("VirtioBlock discards and zeroes ranges", async () => {
  const { memory, disk, request } = setUp();
  assertEquals(await request(11, 0, ranges(memory, [0, 8, 0], [56, 8, 0])), [0, 1]);
  assertEquals(await request(13, 0, ranges(memory, [8, 8, 0], [16, 1, 1])), [0, 1]);
  assertEquals(disk.notes, [
    "discard 0 4096",
    "discard 28672 4096",
    "zero 4096 4096",
    "zero-unmap 8192 512",
  ]);
});

Deno.test("VirtioBlock refuses ranges that cannot be", async () => {
  const { memory, disk, request } = setUp();
  const many = Array.from({ length: 17 }, (): [number, number, number] => [0, 1, 0]);
  assertEquals((await request(11, 0, ranges(memory, ...many)))[0], 1, "too many");
  assertEquals((await request(11, 0, ranges(memory, [60, 5, 0])))[0], 1, "across the end");
  assertEquals((await request(11, 0, from(15)))[0], 1, "half a range");
  assertEquals((await request(11, 0))[0], 1, "none");
  assertEquals((await request(11, 0, ranges(memory, [0, 1, 1])))[0], 2, "a flag of others");
  assertEquals((await request(13, 0, ranges(memory, [0, 1, 2])))[0], 2, "a flag of nobody's");
  assertEquals(disk.notes, []);
});

Deno.test("VirtioBlock writes nothing to a disk that can only be read", async () => {
  const { memory, disk, request } = setUp({ disk: new MemoryDisk(true) });
  assertEquals((await request(1, 0, from(512)))[0], 1);
  for (const type of [11, 13]) {
    assertEquals((await request(type, 0, ranges(memory, [0, 1, 0])))[0], 1);
  }
  assertEquals((await request(0, 0, into(512)))[0], 0);
  assertEquals(disk.notes, ["read 0 512"]);
});

Deno.test("VirtioBlock does not know other types of requests", async () => {
  const { request } = setUp();
  for (const type of [2, 3, 5, 9, 10, 12, 14, 0xffff_ffff]) {
    assertEquals(await request(type, 0), [2, 1], `type ${type}`);
  }
});

Deno.test("VirtioBlock gives a request without room for its status back, and one without a header", async () => {
  const { memory, driver, device, disk, done } = setUp();
  memory.bytes(HEADER, 16).fill(0);
  driver.offer(from(16, HEADER));
  driver.offer(from(15, HEADER), into(1, STATUS));
  device.notify();
  assertEquals((await done()).map(([, written]) => written), [0, 1]);
  assertEquals([memory.bytes(STATUS, 1)[0], disk.notes], [1, []]);
});

Deno.test("VirtioBlock has several requests under way, and answers each when it is done", async () => {
  const { disk, driver, offer, done, device } = setUp();
  const open: (() => void)[] = [];
  const heads = [0, 3, 6];
  for (const head of heads) {
    disk.gate = new Promise((resolve) => open.push(resolve));
    offer(0, head, into(512));
    await Promise.resolve();
  }
  assert(device.isBusy);
  assertEquals(disk.notes.length, 3);
  for (const i of [2, 0, 1]) {
    open[i]!();
    await new Promise((resolve) => setTimeout(resolve, 0));
    assertEquals(driver.takeUsed().map(([head]) => head), [heads[i]]);
  }
  assertEquals(await done(), []);
});

Deno.test("VirtioBlock never has more under way than its queue has descriptors", async () => {
  const { disk, driver, device, done } = setUp({ size: 4 });
  let open = () => {};
  disk.gate = new Promise((resolve) => open = resolve);
  // The same chain, made available again and again as it is taken.
  driver.offer(from(16, HEADER), into(1, STATUS));
  for (let i = 0; i < 20; i++) {
    driver.offerHead(0);
    device.notify();
  }
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert(disk.notes.length <= 4);
  open();
  await done();
  assert(!device.isBusy);
});

Deno.test("VirtioBlock stops when nothing is under way any more, and gives nothing back then", async () => {
  const { disk, driver, offer, device } = setUp();
  let open = () => {};
  disk.gate = new Promise((resolve) => open = resolve);
  offer(0, 0, into(512));
  await Promise.resolve();
  assertEquals(device.stop(), NOT_YET);
  const progress = device.progress();
  open();
  await progress;
  assertEquals([device.stop(), device.isBusy, driver.used], [undefined, false, 0]);
});

Deno.test("VirtioBlock leaves a queue alone that the driver has taken away, also for what is under way", async () => {
  const { disk, driver, queue, offer, device, host } = setUp();
  let open = () => {};
  disk.gate = new Promise((resolve) => open = resolve);
  offer(0, 0, into(512));
  (host.queues as (SplitQueue | undefined)[])[0] = undefined;
  open();
  await device.progress();
  offer(0, 0, into(512));
  assertEquals([driver.used, disk.notes.length, queue.isWaiting], [0, 1, true]);
  assertEquals(device.stop(), undefined);
});

Deno.test("VirtioBlock asks for a reset after a chain that cannot be", () => {
  const { driver, device, told } = setUp();
  driver.offerHead(64);
  device.notify();
  assertEquals(told, ["a descriptor is number 64 of 64"]);
});

Deno.test("VirtioBlock answers rubbish", async () => {
  const { memory, driver, device, disk, told } = setUp();
  const random = randomWords(0xd15c);
  for (let i = 0; i < 20_000; i++) {
    for (let at = 0; at < 16; at += 4) {
      memory.writeUint32(HEADER + at, random() % 4 ? random() % 16 : random());
    }
    const pieces = Array.from({ length: random() % 5 }, (): Described => ({
      address: DATA + random() % 0x1000,
      length: random() % 3 ? random() % 64 * 16 : random() % 2000,
    }));
    const writable = Array.from({ length: random() % 4 }, () => into(random() % 1025));
    driver.offer(from(random() % 8 ? 16 : random() % 16, HEADER), ...pieces, ...writable);
    device.notify();
    while (device.isBusy) await device.progress();
    assertEquals(driver.takeUsed().length, 1);
  }
  assertEquals(told, []);
  assert(disk.notes.length > 100);
});
