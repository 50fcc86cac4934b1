/** Reads cpio archives in the "newc" format, for tests of what has been written. */

import { assertEquals } from "@std/assert";

/** One entry of an archive. */
export interface Entry {
  readonly name: string;
  /** Type and permissions, in octal. */
  readonly mode: string;
  readonly contents: string;
}

/** The places of fields in the header, each of which is eight hexadecimal digits behind the magic. */
const FIELD = { mode: 1, size: 6, nameSize: 11 };
const HEADER = 6 + 13 * 8;

/** The entries of an archive in their order, the last one included. */
export function readNewc(bytes: Uint8Array): Entry[] {
  const entries: Entry[] = [];
  const text = (from: number, length: number) =>
    new TextDecoder("latin1").decode(bytes.subarray(from, from + length));
  for (let at = 0; at < bytes.length;) {
    assertEquals(text(at, 6), "070701", `the magic at ${at}`);
    const field = (index: number) => parseInt(text(at + 6 + 8 * index, 8), 16);
    const name = text(at + HEADER, field(FIELD.nameSize) - 1);
    const start = aligned(at + HEADER + field(FIELD.nameSize));
    const contents = text(start, field(FIELD.size));
    entries.push({ name, mode: field(FIELD.mode).toString(8), contents });
    at = aligned(start + field(FIELD.size));
  }
  return entries;
}

function aligned(offset: number): number {
  return offset + (-offset & 3);
}
