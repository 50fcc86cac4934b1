/** Tests the device's side of a virtqueue with rings full of rubbish: no chain may throw, hang, or lead outside of the guest's memory. */

import { assert, assertEquals } from "@std/assert";
import { SplitQueue } from "../../../devices/virtio/split_queue.ts";
import { randomWords } from "../../soft/random.ts";
import { hostTest } from "../../test_case.ts";
import { DriverQueue, guestMemory, RAM, REGISTERS } from "./driver_queue.ts";

const SIZE = 16;
/** Where tables of indirect descriptors may be. */
const TABLE = RAM.base + 0x2000;
const END = RAM.base + RAM.size;

/** Descriptors are more often right than wrong, or chains would all end at once. */
function describe(random: () => number, driver: DriverQueue, index: number, table?: number): void {
  const pick = random() % 64;
  const address = pick === 0
    ? END - random() % 32
    : pick === 1
    ? random() * 2 ** (random() % 33)
    : pick === 2
    ? REGISTERS.base + random() % 0x100
    : RAM.base + 0x4000 + random() % 0x8000;
  const length = random() % 64 === 0 ? random() : random() % 0x200;
  const flags = random() % 4 === 0 ? random() & 7 : [0, 1, 2, 3][random() & 3]!;
  const next = random() % 32 === 0 ? random() & 0xffff : random() % SIZE;
  const isTable = (flags & 4) !== 0 && random() % 4 !== 0;
  driver.describe(index, {
    address: isTable ? TABLE + 8 * (random() % 64) : address,
    length: isTable ? 16 * (random() % 20) : length,
    flags: isTable ? 4 : flags,
    next,
  }, table);
}

/** Takes chains from rubbish until there have been so many, good and bad. */
function rummage(seed: number, chains: number): { taken: number; faults: Set<string> } {
  const random = randomWords(seed);
  const memory = guestMemory();
  const [first, last] = [memory.find(RAM.base, 1), memory.find(END - 1, 1)];
  const faults = new Set<string>();
  let taken = 0;
  for (let left = chains; left > 0;) {
    const options = { size: SIZE, eventIdx: random() % 2 === 0, indirect: random() % 4 !== 0 };
    const driver = new DriverQueue(memory, options);
    const queue = new SplitQueue(memory, driver.setup);
    const chain = queue.newChain();
    // A driver begins with rings that are zero.
    memory.bytes(RAM.base, 0x400).fill(0);
    for (let i = 0; i < SIZE; i++) describe(random, driver, i);
    for (let i = 0; i < SIZE; i++) describe(random, driver, i, TABLE);
    while (left > 0 && queue.fault === undefined) {
      describe(random, driver, random() % SIZE);
      driver.offerHead(random() % 256 === 0 ? random() & 0xffff : random() % SIZE);
      if (random() % 4096 === 0) driver.available = random();
      left--;
      if (!queue.take(chain)) continue;
      taken++;
      assert(chain.pieces <= SIZE);
      for (let i = 0; i < chain.pieces; i++) {
        const offset = chain.offsets[i]!;
        assert(offset >= first && offset + chain.lengths[i]! <= last + 1);
      }
      queue.give(chain.head, chain.writableBytes % 2 ** 32);
      queue.wantsInterrupt();
      queue.listen();
    }
    if (queue.fault !== undefined) faults.add(queue.fault.replaceAll(/\d+/g, "N"));
    left--;
  }
  return { taken, faults };
}

hostTest("SplitQueue takes a million random chains, or refuses them", () => {
  const { taken, faults } = rummage(0x1234_5678, 1_000_000);
  assert(taken > 100_000, `only ${taken} were taken`);
  assertEquals([...faults].sort(), [
    "N chains are available in a queue of N",
    "a chain has more than N descriptors",
    "a chain has something to read behind something to write",
    "a descriptor is indirect and leads to another one",
    "a descriptor is indirect, which was not agreed on",
    "a descriptor is not in the guest's memory",
    "a descriptor is number N of N",
    "a table of descriptors has N bytes",
    "a table of descriptors is not in the guest's memory",
    "a table of descriptors leads to another one",
  ]);
});
