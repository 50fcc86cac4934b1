/**
 * Records cases with what real KVM makes of them:
 * `deno run --allow-all tests/soft/fuzz/record.ts [SEED]`.
 *
 * Cases are taken so that each row of the table is reached by several, and are
 * run more than once, since an exclusive store may fail at any time.
 *
 * @module
 */

import type { Row } from "../../../soft/a64/row.ts";
import { a64 } from "../../../soft/a64/table.ts";
import type { Case } from "./case.ts";
import { measureCoverage } from "./coverage.ts";
import { generate } from "./generator.ts";
import { buildImage } from "./image.ts";
import { KvmClient } from "./kvm_client.ts";
import { SLOTS } from "./layout.ts";
import { Outcome } from "./outcome.ts";
import { encodeCases } from "./recorded.ts";
import { RECORDED } from "./recorded_file.ts";

const SEED = 1;
/** Cases that are recorded. */
const COUNT = 2000;
/** Of these, how many are taken as they come; the rest for rows that few of these reach. */
const AS_THEY_COME = 1500;
/** How many cases each row should be reached by. */
const ENOUGH = 40;
/** Batches of cases to choose from. */
const BATCHES = 15;
const IMAGE_TIME = 60_000;
/** As many runs must agree on a case. */
const RUNS = 3;
const AGREE = 2;

/** Chooses cases. */
async function choose(seed: number): Promise<Case[]> {
  const chosen: Case[] = [];
  const reached = new Map<Row, number>(a64.map((row) => [row, 0]));
  for (let batch = 0; batch < BATCHES && chosen.length < COUNT; batch++) {
    const cases = Array.from({ length: SLOTS }, (_, i) => generate(seed, batch * SLOTS + i));
    const coverage = await measureCoverage(buildImage(cases), IMAGE_TIME);
    for (const [slot, one] of cases.entries()) {
      const rows = a64.filter((row) => coverage.get(row)!.has(slot));
      const isWanted = rows.some((row) => reached.get(row)! < ENOUGH);
      if (chosen.length === COUNT || (chosen.length >= AS_THEY_COME && !isWanted)) continue;
      chosen.push(one);
      for (const row of rows) reached.set(row, reached.get(row)! + 1);
    }
  }
  return chosen;
}

/** What KVM makes of the cases, by what most of its runs say. */
async function runOnKvm(cases: readonly Case[]): Promise<bigint[][]> {
  await using kvm = new KvmClient();
  const runs: Uint8Array[] = [];
  for (let i = 0; i < RUNS; i++) {
    runs.push((await kvm.run(buildImage(cases, 0, 2), IMAGE_TIME)).outputs);
  }
  return cases.map((_, number) => {
    const outcomes = runs.map((outputs) => [...new Outcome(outputs, number).words]);
    const steady = outcomes.find((one) =>
      outcomes.filter((other) => other.every((word, i) => word === one[i])).length >= AGREE
    );
    if (steady === undefined) throw new Error(`case ${number} ended differently each time`);
    return steady;
  });
}

if (import.meta.main) {
  const cases = await choose(Number(Deno.args[0] ?? SEED));
  const outcomes = await runOnKvm(cases);
  const file = await encodeCases(cases.map((one, i) => ({ case: one, outcome: outcomes[i]! })));
  await Deno.writeFile(RECORDED, file);
  console.log(`${cases.length} cases, ${file.length} bytes`);
}
