/** Tests that a file is refused whose header and blocks are no device tree's. */

import { assertEquals, assertThrows } from "@std/assert";
import { DeviceTreeError } from "../../boot/device_tree.ts";
import { FDT_HEADER } from "../../boot/device_tree_format.ts";
import { decodeDeviceTree, decodeMemoryReservations } from "../../boot/device_tree_reader.ts";
import { changed } from "./device_tree_files.ts";
import { golden, STRUCTURE_AT } from "./device_tree_golden.ts";

const refused: readonly (readonly [what: string, file: Uint8Array, says: string])[] = [
  ["that is empty", new Uint8Array(), "it is empty"],
  ["of three bytes", golden.subarray(0, 3), "it does not start with the bytes d00dfeed"],
  [
    "with another magic number",
    changed({ 0: 0x464c_457f }),
    "it does not start with the bytes d00dfeed",
  ],
  ["that is cut off in its header", golden.subarray(0, 39), "it is cut off"],
  ["that is cut off", golden.subarray(0, -1), "it is cut off"],
  [
    "of version 3",
    changed({ [FDT_HEADER.version]: 3 }),
    "it is of version 3 of the format, not of 17",
  ],
  [
    "of a later version that is not compatible",
    changed({ [FDT_HEADER.version]: 99, [FDT_HEADER.last_comp_version]: 18 }),
    "it is of version 99 of the format, not of 17",
  ],
  [
    "shorter than its header",
    changed({ [FDT_HEADER.totalsize]: 36 }),
    "its memory reservation block has no end",
  ],
  [
    "whose structure is nowhere",
    changed({ [FDT_HEADER.off_dt_struct]: 0xffff_fffc }),
    "its structure block goes beyond its end",
  ],
  [
    "whose structure of version 16 is nowhere",
    changed({ [FDT_HEADER.off_dt_struct]: 0xffff_fffc, [FDT_HEADER.version]: 16 }),
    "its structure block goes beyond its end",
  ],
  [
    "whose structure is too long",
    changed({ [FDT_HEADER.size_dt_struct]: 0x100 }),
    "its structure block goes beyond its end",
  ],
  [
    "whose structure reaches into its strings",
    changed({ [FDT_HEADER.size_dt_struct]: 0x64 }),
    "its structure block and its strings block overlap",
  ],
  [
    "whose structure is in its header",
    changed({ [FDT_HEADER.off_dt_struct]: 8, [FDT_HEADER.size_dt_struct]: 8 }),
    "its header and its structure block overlap",
  ],
  [
    "whose structure is at an odd offset",
    changed({ [FDT_HEADER.off_dt_struct]: 0x4a }),
    "its structure block is at 74, no multiple of 4",
  ],
  [
    "whose strings are in its structure",
    changed({ [FDT_HEADER.off_dt_strings]: STRUCTURE_AT }),
    "its strings block and its structure block overlap",
  ],
  [
    "whose strings are nowhere",
    changed({ [FDT_HEADER.off_dt_strings]: 0xb1 }),
    "its strings block goes beyond its end",
  ],
  [
    "whose strings are too long",
    changed({ [FDT_HEADER.size_dt_strings]: 9 }),
    "its strings block goes beyond its end",
  ],
  [
    "whose reservations are in its header",
    changed({ [FDT_HEADER.off_mem_rsvmap]: 0x18 }),
    "its header and its memory reservation block overlap",
  ],
  [
    "whose reservations are at an odd offset",
    changed({ [FDT_HEADER.off_mem_rsvmap]: 0x2c }),
    "its memory reservation block is at 44, no multiple of 8",
  ],
  [
    "whose reservations do not end",
    changed({ [FDT_HEADER.off_mem_rsvmap]: 0xa8 }),
    "its memory reservation block has no end",
  ],
];

for (const [what, file, says] of refused) {
  Deno.test(`decodeDeviceTree refuses a file ${what}`, () => {
    const { message } = assertThrows(() => decodeDeviceTree(file, "board.dtb"), DeviceTreeError);
    assertEquals(message, `board.dtb is no device tree: ${says}`);
    assertThrows(() => decodeMemoryReservations(file, "board.dtb"), DeviceTreeError, message);
  });
}

Deno.test("decodeDeviceTree says the file when it was not told the name", () => {
  const { message } = assertThrows(() => decodeDeviceTree(new Uint8Array()), DeviceTreeError);
  assertEquals(message, "the file is no device tree: it is empty");
});
