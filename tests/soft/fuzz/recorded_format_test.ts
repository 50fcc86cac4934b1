/** Tests that recorded cases come back from their file as they were. */

import { assertEquals } from "@std/assert";
import { generate } from "./generator.ts";
import { outputFields, REGISTERS } from "./layout.ts";
import { decodeCases, encodeCases } from "./recorded.ts";

Deno.test("decodeCases gives what encodeCases was given", async () => {
  const cases = Array.from({ length: 100 }, (_, i) => ({
    case: generate(3, i),
    outcome: Array.from({ length: REGISTERS + outputFields.length }, (_, n) => BigInt(i * n)),
  }));
  assertEquals(await decodeCases(await encodeCases(cases) as Uint8Array<ArrayBuffer>), cases);
});
