/** Tests how long an EFI program says that it is. */

import { assertEquals } from "@std/assert";
import { peFileSize } from "../../boot/pe.ts";
import { peHeader } from "./kernel_file.ts";

/** The sections of a kernel: code, and data that is zeroed behind what is in the file. */
const usual = [{ at: 0x1_0000, size: 0x173_0000 }, { at: 0x174_0000, size: 0x82_da00 }];
const end = 0x1f6_da00;

Deno.test("peFileSize is the end of the last section, in whatever order they are", () => {
  assertEquals(peFileSize(peHeader(usual)), end);
  assertEquals(peFileSize(peHeader(usual.toReversed())), end);
});

Deno.test("peFileSize leaves out a section that has nothing in the file", () => {
  assertEquals(peFileSize(peHeader([...usual, { at: 0xffff_f000, size: 0 }])), end);
});

const silent: [what: string, head: Uint8Array][] = [
  ["no bytes", new Uint8Array()],
  ["something else", new Uint8Array(4096)],
  ["a header that is cut off", peHeader(usual).subarray(0, -1)],
  ["a header that is cut off early", peHeader(usual).subarray(0, 0x50)],
  ["a program without sections", peHeader([])],
  ["a header that is somewhere else", peHeader(usual, 0xffff_fff0)],
];

for (const [what, head] of silent) {
  Deno.test(`peFileSize is 0 for ${what}`, () => {
    assertEquals(peFileSize(head), 0);
  });
}
