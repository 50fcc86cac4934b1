/** Measures the C program and Orchid in turns on this machine, and prints the table; bench/main.ts starts this where there is arm64 KVM. */

import { join } from "@std/path";
import { BenchmarkError, type Sample, sample } from "./process.ts";
import { command, type LoopSample, OrchidLoop, sampleC } from "./samples.ts";
import { median, table, type Target } from "./table.ts";

/** How often each measurement is taken. */
const ROUNDS = 11;
/** Runs of the loop that are left out of the medians: V8 compiles it during these. */
const WARM_UPS = 3;

const MMIO_EXIT_TARGET: Target = { most: 1.10 };
const CONSOLE_TARGET: Target = { least: 2.00 };

const GREETING = "Hello\n";

/** Everything that was measured, a value for each round. */
interface Samples {
  c: LoopSample[];
  exits: LoopSample[];
  collected: LoopSample[];
  cProcess: Sample[];
  orchidProcess: Sample[];
  emptyProcess: Sample[];
}

/** Takes each measurement once in each round, so that whatever else this machine does meets all alike. */
async function takeSamples(programs: string): Promise<{ cold: Samples; warm: Samples }> {
  const [cold, warm] = [noSamples(), noSamples()];
  const launch = join(programs, "launch");
  await using exits = new OrchidLoop("exits");
  await using collected = new OrchidLoop("collected");
  for (let round = -WARM_UPS; round < ROUNDS; round++) {
    const samples = round < 0 ? cold : warm;
    console.error(round < 0 ? "warming up" : `round ${round + 1} of ${ROUNDS}`);
    samples.c.push(await sampleC(programs));
    samples.exits.push(await exits.sample());
    samples.collected.push(await collected.sample());
    samples.cProcess.push(await sample(launch, command.c(programs), GREETING));
    samples.orchidProcess.push(await sample(launch, command.orchid(), GREETING));
    samples.emptyProcess.push(await sample(launch, command.empty(), ""));
  }
  return { cold, warm };
}

function noSamples(): Samples {
  return {
    c: [],
    exits: [],
    collected: [],
    cProcess: [],
    orchidProcess: [],
    emptyProcess: [],
  };
}

const nanosecondsPerByte = (sample: LoopSample) => sample.nanoseconds / sample.bytes;
const bytesPerSecond = (sample: LoopSample) => sample.bytes / sample.nanoseconds * 1e9;
const milliseconds = (sample: Sample) => sample.seconds * 1000;
const mebibytes = (sample: Sample) => sample.peak;

function report(cold: Samples, warm: Samples): string {
  const rows = table([
    {
      name: "MMIO exit to user space, ns",
      c: warm.c.map(({ exit }) => exit),
      orchid: warm.exits.map(({ exit }) => exit),
      target: MMIO_EXIT_TARGET,
    },
    {
      name: "  with all that is done beside, ns",
      c: warm.c.map(nanosecondsPerByte),
      orchid: warm.exits.map(nanosecondsPerByte),
    },
    {
      name: "console output, bytes/s",
      c: warm.c.map(bytesPerSecond),
      orchid: warm.collected.map(bytesPerSecond),
      target: CONSOLE_TARGET,
    },
    {
      name: "hello, whole process, ms",
      c: warm.cProcess.map(milliseconds),
      orchid: warm.orchidProcess.map(milliseconds),
    },
    { name: "  an empty Deno program, ms", orchid: warm.emptyProcess.map(milliseconds) },
    {
      name: "hello, peak memory, MiB",
      c: warm.cProcess.map(mebibytes),
      orchid: warm.orchidProcess.map(mebibytes),
    },
    { name: "  an empty Deno program, MiB", orchid: warm.emptyProcess.map(mebibytes) },
  ]);
  return `${rows}\n\n${notes(cold, warm)}`;
}

function notes(cold: Samples, warm: Samples): string {
  const bytes = median(warm.c.map((sample) => sample.bytes)).toLocaleString("en-US");
  const [first] = [...cold.exits, ...warm.exits].map(nanosecondsPerByte);
  return `Medians of ${ROUNDS} rounds, C and Orchid in turns; the ratio is the median of the rounds' ratios.
MMIO exit and console output: a guest prints ${bytes} bytes, and each of the two times its own
loop around KVM_RUN. C exits for each byte; so does Orchid in the first rows (coalesce: false): the
time of an exit is the median over windows of 100, and below it the mean with all that is done beside
(writing; in Orchid also signals and timers, 25 times a second). In the third row Orchid works as
shipped, writing included.
Orchid's loops run in processes that stay, and ${WARM_UPS} runs before the rounds, in which V8 compiles
them, do not count (the first one's exits took ${
    Math.round(first ?? 0).toLocaleString("en-US")
  } ns each).
Whole process: from fork to exit, with Deno's caches filled and types not checked (--no-check).`;
}

const [programs = "."] = Deno.args;
try {
  const { cold, warm } = await takeSamples(programs);
  console.log(report(cold, warm));
} catch (error) {
  if (!(error instanceof BenchmarkError)) throw error;
  console.error(`bench: ${error.message}`);
  Deno.exit(1);
}
