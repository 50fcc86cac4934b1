/** Tests what of a kernel's file gets where in memory, and which files are refused. */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { fileOf, type GuestFile, GuestFileError } from "../../boot/guest_file.ts";
import { type KernelOptions, type LoadedKernel, loadKernel } from "../../boot/kernel.ts";
import { elfFile } from "../elf_file.ts";
import {
  guestMemory,
  gzip,
  imageFile,
  pattern,
  RAM,
  shortImage,
  zbootFile,
} from "./kernel_file.ts";

/** What becomes of a file that is loaded, and of memory. */
async function load(file: GuestFile | Uint8Array, options: Partial<KernelOptions> = {}) {
  const ram = options.ram ?? RAM;
  const memory = guestMemory(ram);
  const source = file instanceof Uint8Array ? fileOf("kernel", file) : file;
  const kernel = await loadKernel(source, memory, { ram, ...options });
  return { memory, kernel, bytes: (at: number, n: number) => new Uint8Array(memory.bytes(at, n)) };
}

/** What is said of a file that cannot be loaded. */
async function refusal(file: Uint8Array, options?: Partial<KernelOptions>): Promise<string> {
  return (await assertRejects(() => load(file, options), GuestFileError)).message;
}

const place = ({ kind, entry, start, end }: LoadedKernel) => ({ kind, entry, start, end });

/** Behind the room for the device tree. */
const START = 0x4020_0000;

Deno.test("loadKernel puts an Image behind the room for a device tree", async () => {
  const file = imageFile();
  const { kernel, bytes } = await load(file);
  const expected = { kind: "image", entry: START, start: START, end: START + 0x2_0000 } as const;
  assertEquals(place(kernel), expected);
  assertEquals(kernel.header?.pageSize, 4096);
  assertEquals(bytes(START, file.length), file);
  assertEquals(bytes(START + file.length, 8), new Uint8Array(8));
  assertEquals(bytes(START - 8, 8), new Uint8Array(8));
});

Deno.test("loadKernel keeps an Image's offset", async () => {
  const { kernel } = await load(imageFile({ textOffset: 0x8_0000n }));
  assertEquals(kernel.entry, START + 0x8_0000);
});

Deno.test("loadKernel goes by the file's length where the header says less", async () => {
  const { kernel } = await load(imageFile({ imageSize: 0x100n, length: 5000 }));
  assertEquals(kernel.end, START + 5000);
});

Deno.test("loadKernel puts a kernel that cannot use memory below it at the start", async () => {
  const before46 = await load(imageFile({ flags: 0b0010n, textOffset: 0x8_0000n }));
  assertEquals(before46.kernel.entry, 0x4008_0000);
  const before317 = await load(imageFile({ flags: 0n, imageSize: 0n }));
  assertEquals(before317.kernel.entry, 0x4008_0000);
});

Deno.test("loadKernel takes an Image that fills RAM to the last byte", async () => {
  const room = RAM.end - START;
  const { kernel } = await load(imageFile({ imageSize: BigInt(room), length: room }));
  assertEquals(kernel.end, RAM.end);
});

Deno.test("loadKernel reads an Image in pieces, and tells of each", async () => {
  const length = 9 * 2 ** 20;
  const calls: number[][] = [];
  const file = imageFile({ length });
  const { bytes } = await load(file, { onProgress: (...call) => calls.push(call) });
  assertEquals(calls, [[4 * 2 ** 20, length], [8 * 2 ** 20, length], [length, length]]);
  assertEquals(bytes(START, length).every((byte, i) => byte === file[i]), true);
});

Deno.test("loadKernel unpacks an Image", async () => {
  const file = imageFile({ length: 3 * 2 ** 20 + 5, imageSize: 0x40_0000n });
  const packed = await gzip(file);
  const calls: number[][] = [];
  const { kernel, bytes } = await load(packed, { onProgress: (...call) => calls.push(call) });
  const expected = { kind: "image", entry: START, start: START, end: START + 0x40_0000 } as const;
  assertEquals(place(kernel), expected);
  assertEquals(bytes(START, file.length).every((byte, i) => byte === file[i]), true);
  assertEquals(calls.at(-1), [packed.length, packed.length]);
});

Deno.test("loadKernel unpacks an Image that is longer than its header says", async () => {
  const { kernel } = await load(await gzip(imageFile({ imageSize: 100n, length: 70_000 })));
  assertEquals(kernel.end, START + 70_000);
});

Deno.test("loadKernel unpacks an Image in an EFI program", async () => {
  const file = imageFile({ length: 200_000 });
  const { kernel, bytes } = await load(zbootFile(await gzip(file)));
  assertEquals([kernel.kind, kernel.entry], ["image", START]);
  assertEquals(bytes(START, file.length).every((byte, i) => byte === file[i]), true);
});

Deno.test("loadKernel puts an ELF file's segments at their physical addresses", async () => {
  const code = pattern(5000), data = pattern(77);
  const file = elfFile({
    entry: 0xffff_0010,
    segments: [
      { address: 0x4010_0000, virtAddr: 0xffff_0000, bytes: code, memorySize: 0x3000 },
      { address: 0x4008_0000, bytes: data },
    ],
  });
  const { kernel, bytes } = await load(file);
  assertEquals(place(kernel), {
    kind: "elf",
    entry: 0x4010_0010,
    start: 0x4008_0000,
    end: 0x4010_3000,
  });
  assertEquals(bytes(0x4010_0000, 5000), code);
  assertEquals(bytes(0x4008_0000, 78), new Uint8Array([...data, 0]));
});

Deno.test("loadKernel puts a flat binary where QEMU's board has it", async () => {
  const file = pattern(1000);
  const { kernel, bytes } = await load(file);
  assertEquals(place(kernel), {
    kind: "flat",
    entry: 0x4008_0000,
    start: 0x4008_0000,
    end: 0x4008_0000 + 1000,
  });
  assertEquals(bytes(0x4008_0000, 1000), file);
});

Deno.test("loadKernel puts a flat binary where it is told to", async () => {
  const { kernel } = await load(pattern(16), { loadAddress: RAM.end - 16 });
  assertEquals(place(kernel), {
    kind: "flat",
    entry: RAM.end - 16,
    start: RAM.end - 16,
    end: RAM.end,
  });
});

const image = imageFile();
const packed = await gzip(image);
const small = { ram: { start: 0x4000_0000, end: 0x4030_0000 } };
const more = "give the guest more with --memory";
const damaged =
  "kernel is a gzip file that is damaged, cut off, or has something else behind its end";
const ram = "RAM is from 0x40000000 to 0x40ffffff";
const behind = (bytes: Uint8Array, length: number) =>
  new Uint8Array([...bytes, ...pattern(length)]);
const flipped = (bytes: Uint8Array, at: number) => bytes.map((byte, i) => i === at ? ~byte : byte);

/** A file that is refused: what it is, what is said of it, and what is not as usual. */
type Refused = readonly [
  what: string,
  file: Uint8Array,
  message: string,
  options?: Partial<KernelOptions>,
];

const refused: Refused[] = [
  ["an empty file", new Uint8Array(), "kernel is empty"],
  [
    "an Image that is cut off",
    image.subarray(0, 60),
    "kernel is an arm64 Linux Image that is cut off",
  ],
  [
    "an Image that is shorter than it says",
    shortImage(),
    "kernel is an arm64 Linux Image that is cut off: it has 4096 of 5096 bytes",
  ],
  [
    "a compressed Image that is shorter than it says",
    await gzip(shortImage()),
    "kernel is an arm64 Linux Image that is cut off: it has 4096 of 5096 bytes",
  ],
  [
    "an Image larger than RAM",
    imageFile({ length: 0x10_0001 }),
    `kernel takes 1048577 bytes from 0x40200000 on, and RAM ends at 0x402fffff; ${more}`,
    small,
  ],
  [
    "an Image that needs more than RAM",
    imageFile({ imageSize: 0x10_0001n }),
    `kernel takes 1048577 bytes from 0x40200000 on, and RAM ends at 0x402fffff; ${more}`,
    small,
  ],
  [
    "an Image that needs more than any RAM",
    imageFile({ imageSize: 2n ** 53n - 1n }),
    `kernel takes 9007199254740991 bytes from 0x40200000 on, and RAM ends at 0x40ffffff; ${more}`,
  ],
  [
    "an Image that starts beyond RAM",
    imageFile({ textOffset: 2n ** 53n - 1n }),
    `kernel goes to 0x20000040200000, and ${ram}`,
  ],
  [
    "a compressed Image that needs more than RAM",
    await gzip(imageFile({ imageSize: 0x10_0001n })),
    `kernel takes 1048577 bytes from 0x40200000 on, and RAM ends at 0x402fffff; ${more}`,
    small,
  ],
  ["a gzip file that is cut off", packed.subarray(0, -1), damaged],
  ["a gzip file that is cut off in its header", packed.subarray(0, 5), damaged],
  ["a gzip file that is cut off in the middle", packed.subarray(0, packed.length >> 1), damaged],
  ["a gzip file that is damaged", flipped(packed, packed.length >> 1), damaged],
  ["a gzip file with a wrong checksum", flipped(packed, packed.length - 6), damaged],
  ["a gzip file with something behind it", behind(packed, 100), damaged],
  ["a gzip file with much behind it", behind(packed, 200_000), damaged],
  [
    "a gzip file of something else",
    await gzip(pattern(10_000)),
    "kernel is compressed with gzip, and holds no arm64 Linux Image; unpack it first",
  ],
  [
    "a gzip file of a few bytes",
    await gzip(pattern(10)),
    "kernel is compressed with gzip, and holds no arm64 Linux Image; unpack it first",
  ],
  [
    "a gzip file of nothing",
    await gzip(new Uint8Array()),
    "kernel is compressed with gzip, and holds no arm64 Linux Image; unpack it first",
  ],
  [
    "a gzip file of a big-endian kernel",
    await gzip(imageFile({ flags: 0b1011n })),
    "kernel is a big-endian Linux kernel, and guests run little-endian here",
  ],
  [
    "an EFI program with a kernel of another compression",
    zbootFile(packed, "zstd22"),
    'kernel is an EFI kernel whose Image is compressed with "zstd22", not gzip; give the Image itself',
  ],
  [
    "an EFI program that is cut off",
    zbootFile(packed).subarray(0, -100),
    "kernel is an EFI kernel that is cut off",
  ],
  [
    "an EFI program that ends in its header",
    zbootFile(packed).subarray(0, 50),
    "kernel is an EFI kernel that is cut off",
  ],
  [
    "an ELF file beyond RAM",
    elfFile({ entry: 0x10_0000, segments: [{ address: 0x10_0000, bytes: pattern(4) }] }),
    `kernel goes from 0x100000 to 0x100003, and ${ram}`,
  ],
  [
    "an ELF file and a load address",
    elfFile({ entry: START, segments: [{ address: START, bytes: pattern(4) }] }),
    "kernel is an ELF file, which says itself where it goes: no --load-address",
    { loadAddress: START },
  ],
  [
    "an Image and a load address",
    image,
    "kernel is a Linux kernel, which says itself where it goes: no --load-address",
    { loadAddress: START },
  ],
  [
    "a flat binary larger than RAM",
    pattern(17),
    `kernel takes 17 bytes from 0x40fffff0 on, and RAM ends at 0x40ffffff; ${more}`,
    { loadAddress: RAM.end - 16 },
  ],
  [
    "a flat binary below RAM",
    pattern(16),
    `kernel goes to 0x1000, and ${ram}`,
    { loadAddress: 0x1000 },
  ],
  [
    "a flat binary beyond RAM",
    pattern(16),
    `kernel goes to 0x41000000, and ${ram}`,
    { loadAddress: RAM.end },
  ],
  [
    "a flat binary at an odd address",
    pattern(16),
    "the load address 0x40000002 is no multiple of 4",
    { loadAddress: RAM.start + 2 },
  ],
  [
    "a kernel of another compression",
    new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, ...pattern(100)]),
    "kernel is compressed with zstd; unpack it first",
  ],
];

for (const [what, file, message, options] of refused) {
  Deno.test(`loadKernel refuses ${what}`, async () => {
    assertEquals(await refusal(file, options), message);
  });
}

Deno.test("loadKernel refuses a compressed Image once it is larger than RAM", async () => {
  const file = new Uint8Array(2 ** 25);
  file.set(imageFile({ length: 64 }));
  assertMatch(
    await refusal(await gzip(file)),
    /^kernel takes \d+ bytes from 0x40200000 on, and RAM ends at 0x40ffffff; /,
  );
});

Deno.test("loadKernel says when a file becomes shorter while it is read", async () => {
  const file = fileOf("kernel", image.subarray(0, 5000));
  const lying = { ...file, size: 6000 };
  const { message } = await assertRejects(() => load(lying), GuestFileError);
  assertEquals(message, "kernel became shorter while it was read");
});

Deno.test("loadKernel passes on what stands in the way of reading a gzip file", async () => {
  class ReadError extends Error {}
  const { readAt } = fileOf("kernel", packed);
  const file: GuestFile = {
    name: "kernel",
    size: packed.length,
    readAt(into, position) {
      if (position > 0) throw new ReadError("the disk is broken");
      return readAt(into.subarray(0, 5000), position);
    },
  };
  await assertRejects(() => load(file), ReadError, "the disk is broken");
});

Deno.test("loadKernel never fails in another way, whatever a header says", async () => {
  const memory = guestMemory();
  const plain = imageFile({ length: 200 });
  for (const bytes of [plain, await gzip(plain), zbootFile(await gzip(plain))]) {
    for (let at = 0; at < 64; at += 4) {
      for (const value of [0x00, 0x01, 0x7f, 0x80, 0xff]) {
        const file = bytes.slice().fill(value, at, at + 8);
        await loadKernel(fileOf("kernel", file), memory, { ram: RAM }).catch((error) => {
          if (!(error instanceof GuestFileError)) throw error;
        });
      }
    }
  }
});
