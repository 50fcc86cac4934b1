/** Tests the header of an arm64 Linux Image. */

import { assertEquals, assertThrows } from "@std/assert";
import { GuestFileError } from "../../boot/guest_file.ts";
import { type ImageHeader, parseImageHeader } from "../../boot/image.ts";
import { type ImageFile, imageFile } from "./kernel_file.ts";

const usual: ImageHeader = {
  textOffset: 0,
  imageSize: 0x2_0000,
  pageSize: 4096,
  isPlacedAnywhere: true,
  fileSize: 0,
};

const taken: [what: string, file: ImageFile, changed: Partial<ImageHeader>][] = [
  ["of a kernel as they are today", {}, {}],
  ["with an offset", { textOffset: 0x8_0000n }, { textOffset: 0x8_0000 }],
  ["of a kernel with pages of 16 KiB", { flags: 0b1100n }, { pageSize: 16384 }],
  ["of a kernel with pages of 64 KiB", { flags: 0b1110n }, { pageSize: 65536 }],
  ["of a kernel that does not say its page size", { flags: 0b1000n }, { pageSize: undefined }],
  ["of a kernel before Linux 4.6", { flags: 0b0010n }, { isPlacedAnywhere: false }],
  [
    "of a kernel before Linux 3.17, whose text_offset has any byte order",
    { imageSize: 0n, textOffset: 0x0000_0800_0000_0000n, flags: 0n },
    { imageSize: 0, textOffset: 0x8_0000, pageSize: undefined, isPlacedAnywhere: false },
  ],
  ["with bits that mean nothing yet", { flags: 0xffff_ffff_ffff_fffan }, {}],
  ["and nothing else", { length: 64 }, {}],
];

for (const [what, file, changed] of taken) {
  Deno.test(`parseImageHeader reads a header ${what}`, () => {
    assertEquals(parseImageHeader("Image", imageFile(file)), { ...usual, ...changed });
  });
}

const refused: [what: string, file: ImageFile, message: string][] = [
  [
    "a big-endian kernel",
    { flags: 0b1011n },
    "is a big-endian Linux kernel, and guests run " +
    "little-endian here",
  ],
  ["a header that is cut off", { length: 63 }, "is an arm64 Linux Image that is cut off"],
  [
    "a size that no memory has",
    { imageSize: 2n ** 53n },
    "is an arm64 Linux Image that is damaged: its image_size is 0x20000000000000",
  ],
  [
    "an offset that no memory has",
    { textOffset: 0xffff_ffff_ffff_0000n },
    "is an arm64 Linux Image that is damaged: its text_offset is 0xffffffffffff0000",
  ],
];

for (const [what, file, message] of refused) {
  Deno.test(`parseImageHeader refuses ${what}`, () => {
    const parse = () => parseImageHeader("Image", imageFile(file));
    assertEquals(assertThrows(parse, GuestFileError).message, `Image ${message}`);
  });
}

Deno.test("parseImageHeader reads a header that begins anywhere in a buffer", () => {
  const bytes = new Uint8Array([0xff, 0xff, 0xff, ...imageFile({ length: 64 })]).subarray(3);
  assertEquals(parseImageHeader("Image", bytes), usual);
});
