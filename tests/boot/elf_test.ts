/** Tests what of an ELF file goes into memory, and which files are refused. */

import { assertEquals, assertThrows } from "@std/assert";
import { loadElf } from "../../boot/elf.ts";
import { fileOf, GuestFileError } from "../../boot/guest_file.ts";
import { elfFile } from "../elf_file.ts";

const ROOM = { start: 0x1_0000, end: 0x11_0000 };
const code = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
const data = new Uint8Array([9, 10, 11]);

function load(bytes: Uint8Array) {
  const { program, loadAddress, entry } = loadElf(fileOf("guest.elf", bytes), ROOM);
  return { program: [...program], loadAddress, entry };
}

Deno.test("loadElf gives one segment as it is", () => {
  const file = elfFile({ entry: 0x1_0004, segments: [{ address: 0x1_0000, bytes: code }] });
  assertEquals(load(file), { program: [...code], loadAddress: 0x1_0000, entry: 0x1_0004 });
});

Deno.test("loadElf puts segments where they belong, zeros between them", () => {
  const file = elfFile({
    entry: 0x1_0000,
    segments: [{ address: 0x1_0010, bytes: data }, { address: 0x1_0000, bytes: code }],
  });
  const program = [...code, ...new Array(8).fill(0), ...data];
  assertEquals(load(file), { program, loadAddress: 0x1_0000, entry: 0x1_0000 });
});

Deno.test("loadElf goes by physical addresses, and finds the entry there", () => {
  const file = elfFile({
    entry: 0xffff_0004,
    segments: [{ address: 0x2_0000, virtAddr: 0xffff_0000, bytes: code }],
  });
  assertEquals(load(file), { program: [...code], loadAddress: 0x2_0000, entry: 0x2_0004 });
});

Deno.test("loadElf leaves out the file's headers where there is no memory for them", () => {
  const file = elfFile({
    entry: 0x1_0000,
    headersAt: 0xff00,
    segments: [{ address: 0x1_0000, bytes: code }],
  });
  assertEquals(load(file), { program: [...code], loadAddress: 0x1_0000, entry: 0x1_0000 });
});

Deno.test("loadElf loads at a multiple of four", () => {
  const file = elfFile({ entry: 0x1_0008, segments: [{ address: 0x1_0006, bytes: code }] });
  assertEquals(load(file), { program: [0, 0, ...code], loadAddress: 0x1_0004, entry: 0x1_0008 });
});

Deno.test("loadElf needs room for what is in memory alone, but gives no bytes for it", () => {
  const segment = { address: 0x1_0000, bytes: code, memorySize: 0x10_0000 };
  assertEquals(load(elfFile({ entry: 0x1_0000, segments: [segment] })).program, [...code]);
});

const usual = { entry: 0x1_0000, segments: [{ address: 0x1_0000, bytes: code }] };
const ram = "and RAM is from 0x10000 to 0x10ffff";

/** The same with the addresses that an arm64 vmlinux has, its physical ones included. */
function atKernelAddresses(file: Uint8Array<ArrayBuffer>): Uint8Array {
  const view = new DataView(file.buffer);
  // e_entry, and the first segment's p_vaddr and p_paddr.
  for (const at of [24, 64 + 16, 64 + 24]) view.setBigUint64(at, 0xffff_8000_8000_0000n, true);
  return file;
}

const refused: readonly (readonly [what: string, file: Uint8Array, says: string])[] = [
  ["for x86-64", elfFile({ ...usual, machine: 62 }), "is a program for x86-64, not for arm64"],
  [
    "for 32-bit Arm",
    elfFile({ ...usual, machine: 40 }),
    "is a program for 32-bit Arm, not for arm64",
  ],
  [
    "for LoongArch",
    elfFile({ ...usual, machine: 258 }),
    "is a program for LoongArch, not for arm64",
  ],
  [
    "for who knows what",
    elfFile({ ...usual, machine: 9999 }),
    "is a program for machine 9999, not for arm64",
  ],
  [
    "of 32-bit words",
    elfFile({ ...usual, elfClass: 1 }),
    "is a program for an arm64 of the other byte order or word size, not for arm64",
  ],
  [
    "that is not linked",
    elfFile({ ...usual, type: 1 }),
    "is an ELF file that is not linked yet: aarch64-linux-gnu-ld -Ttext=0x10000",
  ],
  [
    "that would have to be relocated",
    elfFile({ ...usual, type: 3 }),
    "is an ELF file that would have to be relocated: link it with -no-pie, at 0x10000",
  ],
  ["of no known type", elfFile({ ...usual, type: 77 }), "is an ELF file that is no program"],
  ["whose header is cut off", elfFile(usual).subarray(0, 63), "is an ELF file that is cut off"],
  ["whose table is cut off", elfFile(usual).subarray(0, 100), "is an ELF file that is cut off"],
  ["whose code is cut off", elfFile(usual).subarray(0, -1), "is an ELF file that is cut off"],
  [
    "with more bytes than memory for them",
    elfFile({ ...usual, segments: [{ address: 0x1_0000, bytes: code, memorySize: 4 }] }),
    "is an ELF file that is damaged",
  ],
  ["without segments", elfFile({ ...usual, segments: [] }), "is an ELF file with nothing to load"],
  [
    "that starts elsewhere",
    elfFile({ ...usual, entry: 0x1_0008 }),
    "is an ELF file that starts where nothing is loaded",
  ],
  [
    "below RAM",
    elfFile({ ...usual, segments: [{ address: 0x8000, bytes: code }] }),
    `goes from 0x8000 to 0x8007, ${ram}`,
  ],
  [
    "beyond RAM",
    elfFile({ ...usual, segments: [{ address: 0x40_0000, bytes: code }] }),
    `goes from 0x400000 to 0x400007, ${ram}`,
  ],
  [
    "one byte too long",
    elfFile({ ...usual, segments: [{ address: 0x1_0000, bytes: code, memorySize: 0x10_0001 }] }),
    `goes from 0x10000 to 0x110000, ${ram}`,
  ],
  [
    "of parts that overlap",
    elfFile({ ...usual, segments: [...usual.segments, ...usual.segments] }),
    "is an ELF file of parts that overlap",
  ],
  [
    "that is a Linux vmlinux",
    atKernelAddresses(elfFile(usual)),
    "has no physical addresses, as is usual for vmlinux; give the kernel's arch/arm64/boot/Image",
  ],
  [
    "that is a Linux vmlinux which can be relocated",
    atKernelAddresses(elfFile({ ...usual, type: 3 })),
    "has no physical addresses, as is usual for vmlinux; give the kernel's arch/arm64/boot/Image",
  ],
];

for (const [what, file, says] of refused) {
  Deno.test(`loadElf refuses a file ${what}`, () => {
    const { message } = assertThrows(
      () => loadElf(fileOf("guest.elf", file), ROOM),
      GuestFileError,
    );
    assertEquals(message, `guest.elf ${says}`);
  });
}

Deno.test("loadElf never fails in another way, whatever the headers say", () => {
  const whole = elfFile(usual);
  for (let at = 16; at < 64 + 56; at++) {
    for (const value of [0x00, 0x7f, 0x80, 0xff]) {
      const file = whole.slice();
      file.fill(value, at, at + 8);
      try {
        loadElf(fileOf("guest.elf", file), ROOM);
      } catch (error) {
        if (!(error instanceof GuestFileError)) throw error;
      }
    }
  }
});
