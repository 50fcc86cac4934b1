/**
 * `deno task fuzz:soft`: compares the software CPU with real KVM by random
 * instruction sequences, for as long as one likes. KVM is that of this host if
 * it is arm64, or else that of the ARM box.
 *
 * @module
 */

import { describeCoverage, measureCoverage } from "./coverage.ts";
import { fuzz } from "./fuzz.ts";
import { buildImage } from "./image.ts";
import { KvmClient } from "./kvm_client.ts";
import { type FuzzOptions, FuzzUsageError, parseFuzzOptions, USAGE } from "./options.ts";
import { readRecordedCases } from "./recorded_file.ts";

const FAILURE = 1;
const WRONG_USAGE = 2;
const COVERAGE_TIME = 60_000;

/** Prints how many recorded cases reach each instruction. */
async function printCoverage(): Promise<number> {
  const cases = await readRecordedCases();
  const image = buildImage(cases.map((recorded) => recorded.case));
  console.log(describeCoverage(await measureCoverage(image, COVERAGE_TIME)));
  return 0;
}

async function compare(options: FuzzOptions): Promise<number> {
  const { seed, engines } = options;
  console.error(`seed ${seed}; starting KVM`);
  await using kvm = new KvmClient();
  const { compared, failed, unsteady } = await fuzz(kvm, options);
  console.log(`${compared} sequences of seed ${seed} compared with KVM (${engines.join(", ")})`);
  console.log(`${failed} differ; ${unsteady} more were not the same twice on KVM itself`);
  return failed === 0 ? 0 : FAILURE;
}

/** The task: from its arguments to its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseFuzzOptions(args);
    if (options.help) console.log(USAGE);
    else return await (options.coverage ? printCoverage() : compare(options));
    return 0;
  } catch (error) {
    if (!(error instanceof FuzzUsageError)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    return WRONG_USAGE;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
