/** Tests which files can be flat binaries, and what is said of the others. */

import { assertEquals, assertThrows } from "@std/assert";
import { checkFlatBinary, GuestFileError } from "../../boot/guest_file.ts";

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
    "guest.bin is an arm64 Linux kernel, which needs the virt machine; that is not part of this version yet",
  ],
  [
    "a gzip file",
    file(20, [0, 0x1f, 0x8b, 8]),
    "guest.bin is compressed with gzip; unpack it first",
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
