/** DTBs that are put together word by word, right or wrong. */

import { u32, u64 } from "../../boot/device_tree_values.ts";
import { golden } from "./device_tree_golden.ts";

/** The golden DTB with other words at some offsets. */
export function changed(words: Readonly<Record<number, number>>): Uint8Array {
  const file = golden.slice(), view = new DataView(file.buffer);
  for (const [at, word] of Object.entries(words)) view.setUint32(Number(at), word);
  return file;
}

/** A DTB with that structure block, and "x" for a property's name at offset 0. */
export function withStructure(...words: readonly number[]): Uint8Array {
  const structure = u32(...words), strings = new TextEncoder().encode("x\0");
  const end = 56 + structure.length;
  const header = u32(
    ...[0xd00d_feed, end + strings.length, 56, end, 40, 17, 16, 0],
    ...[strings.length, structure.length],
  );
  return Uint8Array.from([...header, ...u64(0, 0), ...structure, ...strings]);
}
