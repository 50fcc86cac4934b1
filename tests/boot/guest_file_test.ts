/** Tests what files are told by their first bytes, which can be flat binaries, and what is said of the others. */

import { assertEquals, assertThrows } from "@std/assert";
import {
  checkFlatBinary,
  fileOf,
  GuestFileError,
  type GuestKind,
  guestKind,
  HEAD_SIZE,
  readHead,
} from "../../boot/guest_file.ts";

/** A file of `length` bytes that has `bytes` at `at`. */
function file(length: number, ...pieces: [at: number, ...bytes: number[]][]): Uint8Array {
  const all = new Uint8Array(length);
  for (const [at, ...bytes] of pieces) all.set(bytes, at);
  return all;
}

/** What is said of a file that cannot be run. */
function refusal(bytes: Uint8Array): string {
  return assertThrows(() => checkFlatBinary("guest.bin", bytes), GuestFileError).message;
}

const refused: [what: string, bytes: Uint8Array, message: string][] = [
  ["an empty file", file(0), "guest.bin is empty"],
  [
    "an arm64 Linux Image",
    file(64, [0, 0x4d, 0x5a], [56, 0x41, 0x52, 0x4d, 0x64]),
    "guest.bin is an arm64 Linux kernel, which needs --machine virt",
  ],
  [
    "an arm64 kernel in an EFI program",
    file(64, [0, 0x4d, 0x5a, 0, 0, 0x7a, 0x69, 0x6d, 0x67]),
    "guest.bin is an arm64 Linux kernel, which needs --machine virt",
  ],
  [
    "a gzip file",
    file(20, [0, 0x1f, 0x8b, 8]),
    "guest.bin is compressed with gzip; unpack it first",
  ],
  [
    "an xz file",
    file(20, [0, 0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]),
    "guest.bin is compressed with xz; unpack it first",
  ],
  [
    "a zstd file",
    file(20, [0, 0x28, 0xb5, 0x2f, 0xfd]),
    "guest.bin is compressed with zstd; unpack it first",
  ],
  [
    "an lz4 file",
    file(20, [0, 0x04, 0x22, 0x4d, 0x18]),
    "guest.bin is compressed with lz4; unpack it first",
  ],
  [
    "an lz4 file as kernels are compressed",
    file(20, [0, 0x02, 0x21, 0x4c, 0x18]),
    "guest.bin is compressed with lz4; unpack it first",
  ],
  [
    "a bzip2 file",
    file(20, [0, 0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59]),
    "guest.bin is compressed with bzip2; unpack it first",
  ],
  [
    "an x86 kernel",
    file(4096, [0x1fe, 0x55, 0xaa], [0x202, 0x48, 0x64, 0x72, 0x53]),
    "guest.bin is a Linux kernel for x86, not for arm64",
  ],
  [
    "a 32-bit Arm kernel",
    file(64, [0x24, 0x18, 0x28, 0x6f, 0x01]),
    "guest.bin is a Linux kernel for 32-bit Arm, not for arm64",
  ],
  [
    "a U-Boot image",
    file(64, [0, 0x27, 0x05, 0x19, 0x56]),
    "guest.bin is a U-Boot image; give the kernel that is inside",
  ],
];

for (const [what, bytes, message] of refused) {
  Deno.test(`checkFlatBinary refuses ${what}`, () => {
    assertEquals(refusal(bytes), message);
  });
}

const taken: [what: string, bytes: Uint8Array][] = [
  ["machine code", file(4, [0, 0x82, 0x32, 0x81, 0xd2])],
  ["a single byte", file(1, [0, 0])],
  ["zeroes", file(4096)],
  ["most of ELF's magic", file(64, [0, 0x7f, 0x45, 0x4c])],
  ["ELF's magic elsewhere", file(64, [4, 0x7f, 0x45, 0x4c, 0x46])],
  ["a file that ends inside the kernel's magic", file(59, [56, 0x41, 0x52, 0x4d])],
  ["most of gzip's magic", file(2, [0, 0x1f, 0x8b])],
];

for (const [what, bytes] of taken) {
  Deno.test(`checkFlatBinary takes ${what}`, () => {
    checkFlatBinary("guest.bin", bytes);
  });
}

const kinds: [what: string, bytes: Uint8Array, kind: GuestKind][] = [
  ["an arm64 Linux Image", file(64, [0, 0x4d, 0x5a], [56, 0x41, 0x52, 0x4d, 0x64]), "image"],
  ["a gzip file", file(20, [0, 0x1f, 0x8b, 8]), "gzip"],
  [
    "an EFI program with a kernel",
    file(64, [0, 0x4d, 0x5a, 0, 0, 0x7a, 0x69, 0x6d, 0x67]),
    "zboot",
  ],
  ["an ELF file", file(64, [0, 0x7f, 0x45, 0x4c, 0x46]), "elf"],
  [
    "an ELF file with an Image's magic",
    file(64, [0, 0x7f, 0x45, 0x4c, 0x46], [56, 0x41, 0x52, 0x4d, 0x64]),
    "elf",
  ],
  ["machine code", file(4, [0, 0x82, 0x32, 0x81, 0xd2]), "flat"],
  ["nothing", file(0), "flat"],
];

for (const [what, bytes, kind] of kinds) {
  Deno.test(`guestKind takes ${what} for "${kind}"`, () => assertEquals(guestKind(bytes), kind));
}

Deno.test("readHead reads the start of a file, or all of it", () => {
  const bytes = file(5000, [0, 1, 2, 3]);
  assertEquals(readHead(fileOf("guest.bin", bytes)), bytes.subarray(0, HEAD_SIZE));
  assertEquals(readHead(fileOf("guest.bin", bytes.subarray(0, 3))), bytes.subarray(0, 3));
});

Deno.test("fileOf reads from anywhere, up to the end", () => {
  const { name, size, readAt } = fileOf("guest.bin", new Uint8Array([1, 2, 3, 4, 5]));
  const read = (room: number, position: number) => {
    const into = new Uint8Array(room);
    return [readAt(into, position), ...into];
  };
  assertEquals([name, size], ["guest.bin", 5]);
  assertEquals(read(3, 1), [3, 2, 3, 4]);
  assertEquals(read(3, 4), [1, 5, 0, 0]);
  assertEquals(read(2, 5), [0, 0, 0]);
  assertEquals(read(2, 99), [0, 0, 0]);
});
