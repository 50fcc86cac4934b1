/** Tests which files can be flat binaries, and what is said of the others. */

import { assertEquals, assertThrows } from "@std/assert";
import { checkFlatBinary, GuestFileError } from "../../boot/guest_file.ts";

/** A file of `length` bytes that has `bytes` at `at`. */
function file(length: number, ...pieces: [at: number, ...bytes: number[]][]): Uint8Array {
  const all = new Uint8Array(length);
  for (const [at, ...bytes] of pieces) all.set(bytes, at);
  return all;
}

/** The start of a 64-bit little-endian ELF file for a machine. */
function elf(machine: number): Uint8Array {
  return file(64, [0, 0x7f, 0x45, 0x4c, 0x46, 2, 1, 1], [18, machine & 0xff, machine >> 8]);
}

/** What is said of a file that cannot be run. */
function refusal(bytes: Uint8Array): string {
  return assertThrows(() => checkFlatBinary("guest.bin", bytes), GuestFileError).message;
}

const refused: [what: string, bytes: Uint8Array, message: string][] = [
  ["an empty file", file(0), "guest.bin is empty"],
  ["an x86-64 ELF", elf(62), "guest.bin is a program for x86-64, not for arm64"],
  ["a 32-bit x86 ELF", elf(3), "guest.bin is a program for 32-bit x86, not for arm64"],
  ["a 32-bit Arm ELF", elf(40), "guest.bin is a program for 32-bit Arm, not for arm64"],
  ["a RISC-V ELF", elf(243), "guest.bin is a program for RISC-V, not for arm64"],
  ["a LoongArch ELF", elf(258), "guest.bin is a program for LoongArch, not for arm64"],
  [
    "an ELF for who knows what",
    elf(9999),
    "guest.bin is a program for machine 9999, not for arm64",
  ],
  [
    "an ELF that is cut off",
    elf(62).subarray(0, 4),
    "guest.bin is a program for machine 0, not for arm64",
  ],
  [
    "an arm64 ELF",
    elf(183),
    "guest.bin is an ELF file; make a flat binary of it: aarch64-linux-gnu-objcopy -O binary in.elf out.bin",
  ],
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
