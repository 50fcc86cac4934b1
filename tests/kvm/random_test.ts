/** Tests the host's random numbers. */

import { assert, assertEquals } from "@std/assert";
import { fillRandom } from "../../kvm/random.ts";

Deno.test("fillRandom fills all bytes, and no others", () => {
  const bytes = new Uint8Array(new SharedArrayBuffer(0x1_0010));
  fillRandom(bytes.subarray(8, 0x1_0008));
  const kinds = new Set(bytes.subarray(8, 0x1_0008));
  // That one of 256 values is missing among so many happens once in 10^108 times.
  assertEquals(kinds.size, 256);
  assert([...bytes.subarray(0, 8), ...bytes.subarray(0x1_0008)].every((byte) => byte === 0));
});

Deno.test("fillRandom fills nothing where there is nothing", () => {
  fillRandom(new Uint8Array(new SharedArrayBuffer(8)).subarray(8));
});
