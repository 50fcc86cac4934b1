/** Tests the ring of deferred writes, with an array in the place of the page that the kernel fills. */

import { assertEquals } from "@std/assert";
import { Block } from "../../kvm/block.ts";
import { CoalescedRing } from "../../kvm/coalesced_ring.ts";
import { kvm_coalesced_mmio, kvm_coalesced_mmio_ring } from "../../kvm/structs.ts";
import { randomWords } from "../soft/random.ts";

const PAGE_SIZE = 4096;
const START = kvm_coalesced_mmio_ring.offset.coalesced_mmio;
/** KVM_COALESCED_MMIO_MAX of linux/kvm.h. */
const MOST = Math.floor((PAGE_SIZE - START) / kvm_coalesced_mmio.size);

/** A write as the kernel enters it. */
interface Entry {
  readonly physAddr?: number;
  readonly len?: number;
  readonly data?: number;
  readonly high?: number;
}

/** The kernel's side: adds entries, and takes the ring for full where Linux before 6.12 does. */
class Kernel {
  readonly page = new Uint32Array(PAGE_SIZE / 4);
  readonly #bytes = new Uint8Array(this.page.buffer);

  constructor(first = 0) {
    this.page[0] = this.page[1] = first;
  }

  /** @returns False if the write becomes an exit. */
  add({ physAddr = 0x996, len = 1, data = 0, high = 0 }: Entry): boolean {
    const [first, last] = [this.page[0]!, this.page[1]!];
    if (((first - last - 1) >>> 0) % MOST === 0) return false;
    const entry = new Block(kvm_coalesced_mmio).set("phys_addr", physAddr).set("len", len)
      .set("data", data, 0).set("data", high, 4);
    this.#bytes.set(entry.bytes, START + last * kvm_coalesced_mmio.size);
    this.page[1] = (last + 1) % MOST;
    return true;
  }
}

/** Takes everything that waits: width, address and values of each run. */
function takeAll(ring: CoalescedRing): number[][] {
  const taken = [];
  while (ring.isWaiting) {
    const { len, physAddr, values, next, end } = ring.take();
    taken.push([len, physAddr, ...values.subarray(next, end)]);
  }
  return taken;
}

Deno.test("CoalescedRing.isWaiting is false for an empty ring", () => {
  assertEquals(new CoalescedRing(new Kernel().page).isWaiting, false);
});

Deno.test("CoalescedRing.take goes round the ring as the kernel does", () => {
  const kernel = new Kernel(MOST - 1);
  kernel.add({ data: 0x11 });
  kernel.add({ data: 0x22 });
  assertEquals(takeAll(new CoalescedRing(kernel.page)), [[1, 0x996, 0x11, 0x22]]);
});

Deno.test("CoalescedRing.take gives the oldest writes together that go to one place at one width", () => {
  const places = [[1, 0x10], [1, 0x10], [1, 0x14], [4, 0x14], [8, 0x10], [8, 0x10], [1, 0x10]];
  const kernel = new Kernel();
  for (const [data, [len, physAddr]] of places.entries()) {
    kernel.add({ physAddr, len, data, high: 0x40 + data });
  }
  assertEquals(takeAll(new CoalescedRing(kernel.page)), [
    [1, 0x10, 0, 1],
    [1, 0x14, 2],
    [4, 0x14, 3],
    [8, 0x10, 4, 0x44],
    [8, 0x10, 5, 0x45],
    [1, 0x10, 6],
  ]);
});

Deno.test("CoalescedRing.take gives a 52-bit address as it is", () => {
  const kernel = new Kernel();
  kernel.add({ physAddr: 0xf_ffff_ffff_f998 });
  assertEquals(takeAll(new CoalescedRing(kernel.page)), [[1, 0xf_ffff_ffff_f998, 0]]);
});

Deno.test("CoalescedRing loses no write to a kernel that miscounts the room in its ring", () => {
  const random = randomWords(1);
  const kernel = new Kernel();
  const ring = new CoalescedRing(kernel.page);
  let written = 0, read = 0;
  const take = () => {
    const { values, next, end } = ring.take();
    for (const value of values.subarray(next, end)) assertEquals(value, read++ & 0xff);
  };
  for (let round = 0; round < 20_000; round++) {
    // Runs of several addresses, taken one by one while more is written.
    for (let left = random() % 100; left > 0; left--) {
      const write = { physAddr: 0x996 + random() % 2, data: written };
      while (!kernel.add(write)) take();
      written++;
    }
    for (let left = random() % 60; left > 0 && ring.isWaiting; left--) take();
  }
  while (ring.isWaiting) take();
  assertEquals(read, written);
});
