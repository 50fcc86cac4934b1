/** Tests how a vCPU's number becomes affinity fields. */

import { assertEquals } from "@std/assert";
import { mpidrAffinity } from "../../vm/mpidr.ts";

Deno.test("mpidrAffinity spreads a number over the affinity fields", () => {
  assertEquals([0, 15, 16, 255, 4095, 4096].map(mpidrAffinity), [
    ...[0, 0xf, 0x100, 0xf0f, 0xff0f, 0x1_0000],
  ]);
});
