/** Tests where the initrd and the device tree go. */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  loadInitrd,
  type Occupied,
  placeDeviceTree,
  placeInitrd,
  RoomError,
} from "../../boot/beside_kernel.ts";
import { fileOf, type GuestFile, GuestFileError } from "../../boot/guest_file.ts";
import { guestMemory, pattern, RAM } from "./kernel_file.ts";

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** A kernel that ends there, once it is loaded. */
const kernelTo = (end: number) => Promise.resolve({ start: RAM.start, end });

Deno.test("loadInitrd puts an initrd into the last pages of RAM", async () => {
  const memory = guestMemory();
  const file = pattern(5 * MIB + 100);
  const calls: number[][] = [];
  const onProgress = (...call: number[]) => calls.push(call);
  const initrd = await loadInitrd(
    fileOf("initrd", file),
    memory,
    RAM,
    kernelTo(RAM.start),
    onProgress,
  );
  const start = RAM.end - 5 * MIB - 4096;
  assertEquals(initrd, { start, end: start + file.length });
  const found = memory.bytes(start, file.length);
  assertEquals(found.every((byte, i) => byte === file[i]), true);
  assertEquals(calls, [[4 * MIB, file.length], [file.length, file.length]]);
});

Deno.test("loadInitrd ends where RAM does", async () => {
  const initrd = await loadInitrd(
    fileOf("initrd", pattern(4096)),
    guestMemory(),
    { start: RAM.start, end: 0x4080_0000 },
    kernelTo(RAM.start),
  );
  assertEquals(initrd, { start: 0x407f_f000, end: 0x4080_0000 });
});

Deno.test("loadInitrd fills the room above the kernel to the last byte", async () => {
  const file = fileOf("initrd", pattern(8192));
  const initrd = await loadInitrd(file, guestMemory(), RAM, kernelTo(RAM.end - 8192));
  assertEquals(initrd, { start: RAM.end - 8192, end: RAM.end });
});

const more = "give the guest more with --memory";
const refused: [what: string, size: number, above: number, message: string][] = [
  ["an empty one", 0, RAM.start, "initrd is empty"],
  [
    "one that would reach into the kernel",
    4097,
    RAM.end - 8191,
    `initrd has 4097 bytes, and there is room for 8191 above the kernel; ${more}`,
  ],
  [
    "one larger than RAM",
    16 * MIB + 1,
    RAM.start,
    `initrd has 16777217 bytes, and there is room for 16777216 above the kernel; ${more}`,
  ],
  [
    "one where the kernel fills RAM",
    1,
    RAM.end,
    `initrd has 1 bytes, and there is room for 0 above the kernel; ${more}`,
  ],
];

for (const [what, size, above, message] of refused) {
  Deno.test(`loadInitrd refuses ${what}`, async () => {
    const file = fileOf("initrd", pattern(size));
    const load = () => loadInitrd(file, guestMemory(), RAM, kernelTo(above));
    assertEquals((await assertRejects(load, GuestFileError)).message, message);
  });
}

Deno.test("loadInitrd refuses a file larger than any memory, without reading it", async () => {
  const file: GuestFile = {
    name: "initrd",
    size: Number.MAX_SAFE_INTEGER,
    readAt() {
      throw new Error("read");
    },
  };
  const load = () => loadInitrd(file, guestMemory(), RAM, kernelTo(RAM.start));
  await assertRejects(load, GuestFileError);
  assertEquals(placeInitrd(file, RAM), undefined);
});

Deno.test("loadInitrd reads its file before the kernel is there, and says no more of it if the kernel is refused", async () => {
  const memory = guestMemory(), refusal = new GuestFileError("no kernel");
  const kernel = Promise.withResolvers<{ start: number; end: number }>();
  const file = fileOf("initrd", pattern(4096));
  const loading = loadInitrd(file, memory, RAM, kernel.promise);
  assertEquals(Array.from(memory.bytes(RAM.end - 4096, 4096)), Array.from(pattern(4096)));
  kernel.reject(refusal);
  assertEquals(await assertRejects(() => loading, GuestFileError), refusal);
});

Deno.test("loadInitrd keeps to 32 GiB from the gibibyte that RAM starts in", async () => {
  // Memory of that size is more than there is: only its addresses matter.
  const region = { base: GIB, size: 63 * GIB, readOnly: false };
  const asked: number[] = [];
  const memory = Object.assign(Object.create(guestMemory()), {
    regions: [region],
    bytes(address: number, length: number) {
      asked.push(address);
      return new Uint8Array(new SharedArrayBuffer(length));
    },
  });
  const initrd = await loadInitrd(
    fileOf("initrd", pattern(100)),
    memory,
    { start: GIB, end: 64 * GIB },
    kernelTo(GIB + 50 * MIB),
  );
  assertEquals(initrd, { start: 33 * GIB - 4096, end: 33 * GIB - 3996 });
  assertEquals(asked, [33 * GIB - 4096]);
});

/** RAM of that size, with a kernel and an initrd between offsets in it; all in MiB. */
function occupied(
  size: number,
  kernel: [start: number, end: number],
  initrd?: [start: number, end: number],
): Occupied {
  const room = ([start, end]: [number, number]) => ({
    start: RAM.start + start * MIB,
    end: RAM.start + end * MIB,
  });
  return { ram: room([0, size]), kernel: room(kernel), initrd: initrd && room(initrd) };
}

const placed: [what: string, occupied: Occupied, offset: number][] = [
  ["at the start if the kernel leaves room", occupied(64, [2, 40]), 0],
  ["at the start below an initrd that fills the rest", occupied(64, [2, 40], [40, 64]), 0],
  ["at the end where the kernel is at the start", occupied(64, [0, 40]), 62],
  ["at the end where there is not enough before the kernel", occupied(64, [0.5, 40]), 62],
  ["below the initrd", occupied(64, [0.5, 40], [50, 64]), 48],
  ["at a multiple of 2 MiB below the initrd", occupied(64, [0.5, 40], [51.9, 64]), 48],
  ["right behind the kernel if that is all there is", occupied(64, [0.5, 40], [42, 64]), 40],
  ["where kernels before Linux 4.2 find it", occupied(4096, [0.5, 40]), 510],
  ["beyond that if the kernel needs the room", occupied(4096, [0, 600]), 4094],
  ["below an initrd that is beyond that", occupied(4096, [0.5, 40], [4000, 4096]), 510],
];

for (const [what, occupied, offset] of placed) {
  Deno.test(`placeDeviceTree puts it ${what}`, () => {
    assertEquals(placeDeviceTree(occupied), RAM.start + offset * MIB);
  });
}

for (
  const occupied_ of [
    occupied(3, [0.5, 1.5]),
    occupied(64, [0.5, 40], [41.9, 64]),
    occupied(64, [0, 64]),
    occupied(1, [0.5, 1]),
  ]
) {
  Deno.test(`placeDeviceTree says when there is no room: ${JSON.stringify(occupied_)}`, () => {
    assertEquals(
      assertThrows(() => placeDeviceTree(occupied_), RoomError).message,
      `there is no room for the device tree, 2 MiB, beside the kernel and the initrd; ${more}`,
    );
  });
}
