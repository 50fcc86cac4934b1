/** Tests the door to guest memory at every edge of its regions. */

import { assertEquals, assertThrows } from "@std/assert";
import { GuestMemory, GuestMemoryError, type MemoryHost } from "../../vm/guest_memory.ts";

/** Two regions that touch each other, and one apart. */
const regions = [
  { base: 0xf000, size: 0x1000, readOnly: true },
  { base: 0x1_0000, size: 0x2000, readOnly: false },
  { base: 0x4_0000, size: 0x1000, readOnly: false },
];
const memory = new GuestMemory(regions);

/** Where an access is, how long it is, and what that shows. */
type Access = readonly [address: number, length: number, what: string];

const inside: Access[] = [
  [0xf000, 1, "the first byte"],
  [0xffff, 1, "the last byte of a region"],
  [0xf000, 0x1000, "a whole region"],
  [0x1_0000, 0x2000, "a region that follows another one"],
  [0x1_1ffc, 4, "the last word"],
  [0x4_0fff, 1, "the very last byte"],
  [0x1_0000, 0, "no bytes at the start"],
  [0x1_2000, 0, "no bytes at the end"],
];

const outside: Access[] = [
  [0xefff, 1, "the byte below the first region"],
  [0xefff, 2, "two bytes across its start"],
  [0x1_2000, 1, "the byte behind a region"],
  [0x1_1fff, 2, "two bytes across its end"],
  [0xffff, 2, "two bytes across two regions that touch"],
  [0xf000, 0x3000, "two whole regions that touch"],
  [0x1_0000, 0x2001, "one byte more than a region"],
  [0x3_0000, 4, "the room between two regions"],
  [0x4_1000, 1, "the byte behind the last region"],
  [0, 1, "address 0"],
  [-1, 1, "a negative address"],
  [-0x1_0000, 0x2_1000, "a negative address with a length that reaches memory"],
  [0x1_0000, -1, "a negative length"],
  [NaN, 4, "no number as address"],
  [0x1_0000, NaN, "no number as length"],
  [Infinity, 4, "infinity as address"],
  [0x1_0000, Infinity, "infinity as length"],
  [65536.5, 1, "a fraction as address"],
  [0x1_0000, 1.5, "a fraction as length"],
  [0x1_0000_f000, 4, "an address whose low 32 bits are in memory"],
  [Number.MAX_SAFE_INTEGER, 1, "the largest address"],
  [0x1_0000, Number.MAX_SAFE_INTEGER, "the largest length"],
  [2 ** 64, 1, "an address beyond 64 bits"],
];

for (const [address, length, what] of inside) {
  Deno.test(`GuestMemory has ${what}`, () => {
    assertEquals(memory.contains(address, length), true);
    assertEquals(memory.bytes(address, length).length, length);
  });
}

for (const [address, length, what] of outside) {
  Deno.test(`GuestMemory does not have ${what}`, () => {
    assertEquals(memory.contains(address, length), false);
    assertThrows(() => memory.bytes(address, length), GuestMemoryError, "no guest memory");
  });
}

// The last address at which each of these fits, in a region of 0x2000 bytes.
const fixed: [string, number, (address: number) => unknown][] = [
  ["readUint32", 4, (address) => memory.readUint32(address)],
  ["writeUint32", 4, (address) => memory.writeUint32(address, 0)],
  ["readUint64", 8, (address) => memory.readUint64(address)],
  ["writeUint64", 8, (address) => memory.writeUint64(address, 0n)],
  ["write", 3, (address) => memory.write(address, new Uint8Array(3))],
];

for (const [name, length, call] of fixed) {
  Deno.test(`GuestMemory.${name} reaches the end of a region`, () => {
    call(0x1_2000 - length);
  });

  Deno.test(`GuestMemory.${name} refuses to cross the end of a region`, () => {
    assertThrows(() => call(0x1_2000 - length + 1), GuestMemoryError, `for ${length} bytes`);
  });

  Deno.test(`GuestMemory.${name} refuses no number`, () => {
    assertThrows(() => call(NaN), GuestMemoryError);
  });
}

Deno.test("GuestMemory starts zeroed", () => {
  assertEquals(new GuestMemory(regions).bytes(0x1_0000, 0x2000), shared(new Array(0x2000).fill(0)));
});

Deno.test("GuestMemory.bytes is a view: what is written to it is in memory", () => {
  memory.bytes(0x1_0100, 4).set([1, 2, 3, 4]);
  assertEquals(memory.readUint32(0x1_0100), 0x0403_0201);
});

Deno.test("GuestMemory.bytes is shared between isolates", () => {
  assertEquals(memory.bytes(0x1_0000, 1).buffer instanceof SharedArrayBuffer, true);
});

Deno.test("GuestMemory.write copies bytes to their address and nowhere else", () => {
  memory.write(0x1_0200, new Uint8Array([0xaa, 0xbb]));
  assertEquals(memory.bytes(0x1_01ff, 4), shared([0, 0xaa, 0xbb, 0]));
});

Deno.test("GuestMemory.writeUint32 is little-endian, at any address", () => {
  memory.writeUint32(0x1_0301, 0x8765_4321);
  assertEquals(memory.bytes(0x1_0301, 4), shared([0x21, 0x43, 0x65, 0x87]));
});

Deno.test("GuestMemory.readUint32 gives an unsigned number", () => {
  memory.writeUint32(0x1_0400, -1);
  assertEquals(memory.readUint32(0x1_0400), 0xffff_ffff);
});

Deno.test("GuestMemory.readUint64 gives what writeUint64 wrote", () => {
  memory.writeUint64(0x1_0500, 0xfedc_ba98_7654_3210n);
  assertEquals(memory.readUint64(0x1_0500), 0xfedc_ba98_7654_3210n);
});

Deno.test("GuestMemory lets the host write what the guest may only read", () => {
  memory.writeUint32(0xf000, 7);
  assertEquals(memory.readUint32(0xf000), 7);
});

Deno.test("GuestMemory keeps regions apart", () => {
  memory.writeUint32(0x4_0000, 0x1111_1111);
  memory.writeUint32(0x1_0000, 0x2222_2222);
  assertEquals(memory.readUint32(0x4_0000), 0x1111_1111);
});

Deno.test("GuestMemory lies in host memory as it does in guest pages", () => {
  const pointer = Deno.UnsafePointer.of(memory.bytes(0x1_1000, 0x1000));
  assertEquals(Deno.UnsafePointer.value(pointer) % 0x1000n, 0n);
});

Deno.test("GuestMemory can be larger than 32-bit addresses reach", () => {
  const large = new GuestMemory([{ base: 0x1_0000, size: 5 * 2 ** 30, readOnly: false }]);
  large.writeUint32(0x1_0000 + 5 * 2 ** 30 - 4, 0x1234_5678);
  assertEquals(large.readUint32(0x1_0000 + 5 * 2 ** 30 - 4), 0x1234_5678);
  assertEquals(large.readUint32(0x1_0000 + 2 ** 30 - 4), 0);
});

Deno.test("GuestMemory says when the host does not give that much", () => {
  const regions = [{ base: 0, size: 2 ** 50, readOnly: false }];
  assertThrows(() => new GuestMemory(regions), GuestMemoryError, "does not give");
});

/** Bytes as the views of guest memory are. */
function shared(values: number[]): Uint8Array<SharedArrayBuffer> {
  const bytes = new Uint8Array(new SharedArrayBuffer(values.length));
  bytes.set(values);
  return bytes;
}

Deno.test("GuestMemory takes what is too large for a WebAssembly.Memory from the host", () => {
  const size = 17 * 2 ** 30;
  const asked: number[] = [];
  const host: MemoryHost = {
    // As far into a large page as that.
    hostAddress: () => 0x7fff_0001_0000n,
    mapMemory: (size) => {
      asked.push(size);
      return new ArrayBuffer(0);
    },
  };
  const large = new GuestMemory([{ base: 0x4000_0000, size, readOnly: false }], host);
  assertEquals([large.memory, asked.length, asked[0]! >= size], [undefined, 1, true]);
  assertEquals((large.find(0x4000_0000, size) + 0x1_0000) % 0x20_0000, 0);
  assertEquals(large.find(0x4000_0000 + size - 1, 2), -1);
  const small = new GuestMemory([{ base: 0x4000_0000, size: 0x1_0000, readOnly: false }], host);
  assertEquals([small.memory === undefined, asked.length], [false, 1]);
});
