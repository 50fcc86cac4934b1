/** Tests that the software CPU does what real KVM did, case by case: fuzz/recorded.bin.gz. */

import { assertEquals } from "@std/assert";
import { describeCase, describeDifferences } from "./fuzz/describe.ts";
import { type Engine, runOnSoft } from "./fuzz/engines.ts";
import { buildImage } from "./fuzz/image.ts";
import { differences, Outcome } from "./fuzz/outcome.ts";
import { readRecordedCases } from "./fuzz/recorded_file.ts";

/** How long all cases may take, in milliseconds, on a busy host. */
const TIME = 120_000;

const recorded = await readRecordedCases();
const image = buildImage(recorded.map((one) => one.case));

const sentences: readonly (readonly [Engine, string])[] = [
  ["usual", "SoftSystem does what KVM did"],
  ["translated", "SoftSystem does what KVM did when it translates everything"],
];

for (const [engine, sentence] of sentences) {
  Deno.test(`${sentence} (${recorded.length} recorded sequences)`, async () => {
    const { outputs, left } = await runOnSoft(image, engine, TIME);
    const ended = recorded.length - left;
    const wrong = recorded.slice(0, ended).flatMap(({ case: one, outcome }, slot) => {
      const kvm = Outcome.of(outcome);
      const found = differences(kvm, new Outcome(outputs, slot));
      const text = () => `${describeCase(one, slot)}\n${describeDifferences(found)}`;
      return found.length === 0 ? [] : [text()];
    });
    assertEquals(wrong.join("\n\n"), "");
    assertEquals(left, 0, `sequence ${ended} does not end`);
  });
}
