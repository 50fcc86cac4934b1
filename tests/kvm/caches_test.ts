/** Tests how caches are cleaned: the instructions, and that they can be run. */

import { assertEquals } from "@std/assert";
import { CLEAN, cleanCaches } from "../../kvm/caches.ts";
import { assembles } from "./assembles.ts";

assembles("CLEAN", CLEAN);

Deno.test("cleanCaches leaves the bytes as they are", () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i);
  for (const [from, to] of [[0, 1000], [1, 2], [999, 1000], [15, 17]]) {
    cleanCaches(bytes.subarray(from, to));
  }
  assertEquals(bytes, Uint8Array.from({ length: 1000 }, (_, i) => i));
});
