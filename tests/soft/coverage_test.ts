/** Tests that the recorded sequences reach every row of the instruction table. */

import { assert, assertEquals } from "@std/assert";
import { a64 } from "../../soft/a64/table.ts";
import { type Coverage, measureCoverage } from "./fuzz/coverage.ts";
import { buildImage } from "./fuzz/image.ts";
import { readRecordedCases } from "./fuzz/recorded_file.ts";

/** How long all cases may take, in milliseconds, on a busy host. */
const TIME = 120_000;

/** `deno task fuzz:soft -- --coverage` prints the list. */
async function coverageOfRecorded(): Promise<Coverage> {
  const cases = await readRecordedCases();
  return await measureCoverage(buildImage(cases.map((one) => one.case)), TIME);
}

Deno.test("every row of the table is reached by a recorded sequence", async () => {
  const coverage = await coverageOfRecorded();
  const missing = a64.filter((row) => coverage.get(row)!.size === 0);
  assertEquals(missing.map(({ name }) => name), []);
});

Deno.test("measureCoverage leaves the table as it was", async () => {
  const before = a64.map(({ execute }) => execute);
  await coverageOfRecorded();
  assert(a64.every(({ execute }, i) => execute === before[i]));
});
