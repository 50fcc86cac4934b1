/** Tests the device's side of a virtqueue against rings that a driver has written. */

import { assert, assertEquals } from "@std/assert";
import type { Chain } from "../../../devices/virtio/chain.ts";
import {
  VIRTQ_AVAIL_F_NO_INTERRUPT,
  VIRTQ_DESC_F_INDIRECT,
  VIRTQ_DESC_F_NEXT,
  VIRTQ_DESC_F_WRITE,
  VIRTQ_USED_F_NO_NOTIFY,
} from "../../../devices/virtio/spec.ts";
import { type QueueSetup, SplitQueue } from "../../../devices/virtio/split_queue.ts";
import type { GuestMemory } from "../../../vm/guest_memory.ts";
import { DriverQueue, guestMemory, RAM, REGISTERS } from "./driver_queue.ts";

/** Where the tests have their buffers. */
const BUFFER = RAM.base + 0x1000;
const TABLE = RAM.base + 0x8000;
const END = RAM.base + RAM.size;

/** Both sides of a queue. */
function bothSides(options: Partial<QueueSetup> = {}) {
  const memory = guestMemory();
  const driver = new DriverQueue(memory, options);
  const queue = new SplitQueue(memory, driver.setup);
  return { memory, driver, queue, chain: queue.newChain() };
}

/** A chain's pieces by guest physical address, and which of them are writable. */
function piecesOf(
  memory: GuestMemory,
  chain: Chain,
): [address: number, length: number, isWritable: boolean][] {
  const base = memory.find(RAM.base, 1);
  return Array.from({ length: chain.pieces }, (_, i) => [
    chain.offsets[i]! - base + RAM.base,
    chain.lengths[i]!,
    i >= chain.readable,
  ]);
}

Deno.test("SplitQueue.take finds nothing in a queue where nothing is available", () => {
  const { queue, chain } = bothSides();
  assertEquals([queue.take(chain), queue.isWaiting, queue.fault], [false, false, undefined]);
});

Deno.test("SplitQueue.take gives the pieces of a chain, those to be read first", () => {
  const { memory, driver, queue, chain } = bothSides();
  const head = driver.offer(
    { address: BUFFER, length: 16 },
    { address: END - 1, length: 1 },
    { address: BUFFER + 0x100, length: 0x200, isWritable: true },
  );
  assert(queue.isWaiting);
  assert(queue.take(chain));
  assertEquals(piecesOf(memory, chain), [
    [BUFFER, 16, false],
    [END - 1, 1, false],
    [BUFFER + 0x100, 0x200, true],
  ]);
  assertEquals([chain.head, chain.readableBytes, chain.writableBytes], [head, 17, 0x200]);
  assert(!queue.take(chain));
});

Deno.test("SplitQueue gives chains back in the order it is told, round the ring and beyond its index", () => {
  const { driver, queue, chain } = bothSides({ size: 4 });
  for (let i = 0; i < 0x1_0010; i++) {
    const head = driver.offer({ address: BUFFER, length: 8, isWritable: true });
    assert(queue.take(chain));
    queue.give(chain.head, i);
    assertEquals(driver.takeUsed(), [[head, i]]);
  }
  driver.offer({ address: BUFFER, length: 1 });
  driver.offer({ address: BUFFER, length: 2 });
  assert(queue.take(chain));
  const first = chain.head;
  assert(queue.take(chain));
  queue.give(chain.head, 0);
  queue.give(first, 0);
  assertEquals(driver.takeUsed().map(([head]) => head), [chain.head, first]);
});

Deno.test("SplitQueue.take follows a table of indirect descriptors, at the end of a chain too", () => {
  const { memory, driver, queue, chain } = bothSides({ indirect: true });
  driver.describe(0, { address: BUFFER, length: 4, flags: VIRTQ_DESC_F_NEXT, next: 5 });
  // That it is writable is to be ignored (2.7.5.3.2).
  const flags = VIRTQ_DESC_F_INDIRECT | VIRTQ_DESC_F_WRITE;
  driver.describe(5, { address: TABLE + 8, length: 3 * 16, flags });
  driver.describe(
    0,
    { address: BUFFER + 4, length: 5, flags: VIRTQ_DESC_F_NEXT, next: 2 },
    TABLE + 8,
  );
  driver.describe(2, { address: BUFFER + 9, length: 6, flags: VIRTQ_DESC_F_WRITE }, TABLE + 8);
  driver.offerHead(0);
  assert(queue.take(chain));
  assertEquals(piecesOf(memory, chain), [
    [BUFFER, 4, false],
    [BUFFER + 4, 5, false],
    [BUFFER + 9, 6, true],
  ]);
});

Deno.test("SplitQueue.take follows a chain as long as the queue is", () => {
  const { driver, queue, chain } = bothSides();
  driver.offer(...Array.from({ length: 8 }, () => ({ address: BUFFER, length: 1 })));
  assert(queue.take(chain));
  assertEquals(chain.pieces, 8);
});

/** What a driver must not do, and what is said of it. */
const wrongs: [what: string, fault: string, write: (driver: DriverQueue) => void][] = [
  ["a head that is no descriptor", "a descriptor is number 8 of 8", (driver) => {
    driver.offerHead(8);
  }],
  ["a next that is no descriptor", "a descriptor is number 65535 of 8", (driver) => {
    driver.describe(0, { address: BUFFER, length: 1, flags: VIRTQ_DESC_F_NEXT, next: 0xffff });
    driver.offerHead(0);
  }],
  ["a loop", "a chain has more than 8 descriptors", (driver) => {
    driver.describe(0, { address: BUFFER, length: 1, flags: VIRTQ_DESC_F_NEXT, next: 1 });
    driver.describe(1, { address: BUFFER, length: 1, flags: VIRTQ_DESC_F_NEXT, next: 0 });
    driver.offerHead(0);
  }],
  ["more chains than descriptors", "9 chains are available in a queue of 8", (driver) => {
    driver.available = 9;
  }],
  ["an index that went back", "65535 chains are available in a queue of 8", (driver) => {
    driver.available = -1;
  }],
  ["an address behind the end of memory", "a descriptor is not in the guest's memory", (driver) => {
    driver.offer({ address: END, length: 1 });
  }],
  ["a length across the end of memory", "a descriptor is not in the guest's memory", (driver) => {
    driver.offer({ address: END - 8, length: 9 });
  }],
  ["4 GiB less one byte", "a descriptor is not in the guest's memory", (driver) => {
    driver.offer({ address: RAM.base, length: 0xffff_ffff });
  }],
  ["an address of 64 bits", "a descriptor is not in the guest's memory", (driver) => {
    driver.offer({ address: 2 ** 63, length: 1 });
  }],
  ["memory that a guest can only read", "a descriptor is not in the guest's memory", (driver) => {
    driver.offer({ address: REGISTERS.base, length: 1, isWritable: true });
  }],
  [
    "something to read behind something to write",
    "a chain has something to read behind something to write",
    (driver) => {
      driver.offer({ address: BUFFER, length: 1, isWritable: true }, {
        address: BUFFER,
        length: 1,
      });
    },
  ],
  [
    "a table where none was agreed on",
    "a descriptor is indirect, which was not agreed on",
    (driver) => {
      driver.describe(0, { address: TABLE, length: 16, flags: VIRTQ_DESC_F_INDIRECT });
      driver.offerHead(0);
    },
  ],
];

for (const [what, fault, write] of wrongs) {
  Deno.test(`SplitQueue.take refuses ${what}, and all that comes after it`, () => {
    const { driver, queue, chain } = bothSides();
    write(driver);
    assertEquals([queue.take(chain), queue.fault], [false, fault]);
    driver.available = 0;
    driver.offer({ address: BUFFER, length: 1 });
    assertEquals([queue.take(chain), queue.isWaiting, queue.listen()], [false, false, true]);
  });
}

/** Wrong tables of indirect descriptors. */
const wrongTables: [
  what: string,
  fault: string,
  table: { length: number; flags?: number; address?: number },
  inner?: number,
][] = [
  ["an empty table", "a table of descriptors has 0 bytes", { length: 0 }],
  ["a table of one and a half", "a table of descriptors has 24 bytes", { length: 24 }],
  ["a table outside of memory", "a table of descriptors is not in the guest's memory", {
    length: 16,
    address: END,
  }],
  ["a table that leads on", "a descriptor is indirect and leads to another one", {
    length: 16,
    flags: VIRTQ_DESC_F_NEXT,
  }],
  [
    "a table in a table",
    "a table of descriptors leads to another one",
    { length: 16 },
    VIRTQ_DESC_F_INDIRECT,
  ],
  [
    "a table's next outside of it",
    "a descriptor is number 1 of 1",
    { length: 16 },
    VIRTQ_DESC_F_NEXT,
  ],
  ["a table that loops", "a chain has more than 8 descriptors", { length: 32 }, VIRTQ_DESC_F_NEXT],
];

for (const [what, fault, { length, flags = 0, address = TABLE }, inner = 0] of wrongTables) {
  Deno.test(`SplitQueue.take refuses ${what}`, () => {
    const { driver, queue, chain } = bothSides({ indirect: true });
    driver.describe(0, { address, length, flags: flags | VIRTQ_DESC_F_INDIRECT });
    for (let i = 0; i < 2; i++) {
      driver.describe(i, { address: BUFFER, length: 16, flags: inner, next: 1 - i }, TABLE);
    }
    driver.offerHead(0);
    assertEquals([queue.take(chain), queue.fault], [false, fault]);
  });
}

const parts: [what: string, setup: Partial<QueueSetup>][] = [
  ["descriptors outside of memory", { desc: END - 64 }],
  ["descriptors that are not aligned", { desc: RAM.base + 8 }],
  ["an available ring outside of memory", { driver: END - 16 }],
  ["an available ring at an odd address", { driver: RAM.base + 0x1001 }],
  ["a used ring outside of memory", { device: 0 }],
  ["a used ring that is not aligned", { device: RAM.base + 0x1002 }],
  ["a used ring in memory that the guest can only read", { device: REGISTERS.base }],
];

for (const [what, setup] of parts) {
  Deno.test(`SplitQueue has a fault from the start with ${what}`, () => {
    const memory = guestMemory();
    const queue = new SplitQueue(memory, { ...new DriverQueue(memory).setup, ...setup });
    assert(queue.fault !== undefined);
    assertEquals([queue.take(queue.newChain()), queue.listen()], [false, true]);
  });
}

Deno.test("SplitQueue.wantsInterrupt follows the driver's flag", () => {
  const { driver, queue } = bothSides();
  assertEquals(queue.wantsInterrupt(), false);
  queue.give(0, 0);
  assertEquals([queue.wantsInterrupt(), queue.wantsInterrupt()], [true, false]);
  driver.flags = VIRTQ_AVAIL_F_NO_INTERRUPT;
  queue.give(0, 0);
  assertEquals(queue.wantsInterrupt(), false);
});

Deno.test("SplitQueue.wantsInterrupt follows the driver's event index, also where indices wrap", () => {
  const { driver, queue } = bothSides({ eventIdx: true });
  const give = (count: number) => {
    for (let i = 0; i < count; i++) queue.give(0, 0);
    return queue.wantsInterrupt();
  };
  driver.usedEvent = 0;
  assertEquals([give(1), give(1), give(5)], [true, false, false]);
  driver.usedEvent = 8;
  // Chains 7 and 8, then 9 to 12.
  assertEquals([give(1), give(1), give(4)], [false, true, false]);
  driver.usedEvent = 0xffff;
  assertEquals([give(0xffff - 13), give(3), give(1)], [false, true, false]);
});

Deno.test("SplitQueue.listen and ignore tell the driver by the flag of the used ring", () => {
  const { driver, queue, chain } = bothSides();
  queue.ignore();
  assertEquals(driver.usedFlags, VIRTQ_USED_F_NO_NOTIFY);
  assertEquals([queue.listen(), driver.usedFlags], [true, 0]);
  driver.offer({ address: BUFFER, length: 1 });
  assertEquals(queue.listen(), false);
  queue.take(chain);
  assertEquals(queue.listen(), true);
});

Deno.test("SplitQueue.listen tells the driver by the event index where that was agreed on", () => {
  const { driver, queue, chain } = bothSides({ eventIdx: true });
  for (let i = 0; i < 3; i++) driver.offer({ address: BUFFER, length: 1 });
  queue.take(chain);
  queue.take(chain);
  assertEquals([queue.listen(), driver.availEvent], [false, 2]);
  queue.ignore();
  assertEquals([driver.availEvent, driver.usedFlags], [2, 0]);
  queue.take(chain);
  assertEquals([queue.listen(), driver.availEvent], [true, 3]);
});
