/** A small device tree and the bytes that it is as a DTB. */

import { type DeviceTreeNode, node } from "../../boot/device_tree.ts";
import type { EncodeOptions } from "../../boot/device_tree_writer.ts";
import { empty, string, u32 } from "../../boot/device_tree_values.ts";

export const goldenTree: DeviceTreeNode = node("", [["model", string("orchid")]], [
  node("a", [["model", u32(7)]]),
  node("memory@0", [["x", empty]]),
]);

export const goldenOptions: EncodeOptions = {
  memoryReservations: [{ address: 0x1_2345_0000n, size: 0x1000n }],
  bootCpuidPhys: 3,
};

// Where parts are, for tests that change them.
export const STRUCTURE_AT = 0x48;
export const STRINGS_AT = 0xa8;

/** Devicetree Specification v0.4: 5.2, 5.3.2, 5.4, 5.5. */
export const golden: Uint8Array<ArrayBuffer> = hexBytes([
  // The header.
  "d00dfeed", // 0x00 magic
  "000000b0", // 0x04 totalsize
  "00000048", // 0x08 off_dt_struct
  "000000a8", // 0x0c off_dt_strings
  "00000028", // 0x10 off_mem_rsvmap
  "00000011", // 0x14 version: 17
  "00000010", // 0x18 last_comp_version: 16
  "00000003", // 0x1c boot_cpuid_phys
  "00000008", // 0x20 size_dt_strings
  "00000060", // 0x24 size_dt_struct
  // The memory reservation block.
  "0000000123450000", // 0x28 address
  "0000000000001000", // 0x30 size
  "0000000000000000", // 0x38 address of the last entry, which is none
  "0000000000000000", // 0x40 its size
  // The structure block.
  "00000001", // 0x48 FDT_BEGIN_NODE
  "00000000", // 0x4c the root's name: empty, its end, padding
  "00000003", // 0x50 FDT_PROP
  "00000007", // 0x54 len
  "00000000", // 0x58 nameoff: model
  "6f726368", // 0x5c "orch"
  "69640000", // 0x60 "id", its end, padding
  "00000001", // 0x64 FDT_BEGIN_NODE
  "61000000", // 0x68 "a", its end, padding
  "00000003", // 0x6c FDT_PROP
  "00000004", // 0x70 len
  "00000000", // 0x74 nameoff: model, the same again
  "00000007", // 0x78 <7>
  "00000002", // 0x7c FDT_END_NODE: /a
  "00000001", // 0x80 FDT_BEGIN_NODE
  "6d656d6f", // 0x84 "memo"
  "72794030", // 0x88 "ry@0"
  "00000000", // 0x8c its end, padding
  "00000003", // 0x90 FDT_PROP
  "00000000", // 0x94 len
  "00000006", // 0x98 nameoff: x
  "00000002", // 0x9c FDT_END_NODE: /memory@0
  "00000002", // 0xa0 FDT_END_NODE: /
  "00000009", // 0xa4 FDT_END
  // The strings block.
  "6d6f64656c00", // 0xa8 "model" and its end
  "7800", // 0xae "x" and its end
]);

function hexBytes(lines: readonly string[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(lines.join("").match(/../g) ?? [], (byte) => parseInt(byte, 16));
}
