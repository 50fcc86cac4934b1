/** Measures the C program and Orchid in turns on this machine, and prints the table; bench/main.ts starts this where there is arm64 KVM. */

import { join } from "@std/path";
import { BenchmarkError, type Sample, sample } from "./process.ts";
import { command, type LoopSample, OrchidLoop, sampleC } from "./samples.ts";
import { median, table, type Target } from "./table.ts";

/** How often each measurement is taken: of single exits more often, as their target is close. */
const ROUNDS = 5;
const EXIT_ROUNDS = 40;
/**
 * Processes that take turns at Orchid's exits. Where a process has its code and
 * its objects makes up to 5 % of an exit in the box, for as long as it lives; C's
 * is another one each time anyway.
 */
const PROCESSES = 4;
/** Runs of the loop that are left out of the medians: V8 compiles it during these. */
const WARM_UPS = 3;

const MMIO_EXIT_TARGET: Target = { most: 1.10 };
const CONSOLE_TARGET: Target = { least: 2.00 };

const GREETING = "Hello\n";

/** Exits, C's and Orchid's, a value for each round. */
interface ExitSamples {
  readonly c: LoopSample[];
  readonly orchid: LoopSample[];
  /** The first of all that Orchid made. */
  readonly cold: LoopSample;
}

/** The rest, a value for each round. */
interface Samples {
  readonly c: LoopSample[];
  readonly collected: LoopSample[];
  readonly cProcess: Sample[];
  readonly orchidProcess: Sample[];
  readonly emptyProcess: Sample[];
}

/** Times exits, C's and Orchid's in turns with nothing in between, so that whatever else this machine does meets both alike. */
async function takeExits(programs: string): Promise<ExitSamples> {
  await using loops = new AsyncDisposableStack();
  const processes = Array.from({ length: PROCESSES }, () => loops.use(new OrchidLoop("exits")));
  const cold = await processes[0]!.sample();
  console.error("exits: warming up");
  for (const loop of processes) await warmUp(loop);
  const samples: ExitSamples = { c: [], orchid: [], cold };
  for (let round = 0; round < EXIT_ROUNDS; round++) {
    console.error(`exits: round ${round + 1} of ${EXIT_ROUNDS}`);
    samples.c.push(await sampleC(programs));
    samples.orchid.push(await processes[round % PROCESSES]!.sample());
  }
  return samples;
}

/** Takes each of the other measurements once in each round. */
async function takeSamples(programs: string): Promise<Samples> {
  const samples: Samples = {
    c: [],
    collected: [],
    cProcess: [],
    orchidProcess: [],
    emptyProcess: [],
  };
  const launch = join(programs, "launch");
  await using collected = new OrchidLoop("collected");
  await warmUp(collected);
  for (let round = 0; round < ROUNDS; round++) {
    console.error(`round ${round + 1} of ${ROUNDS}`);
    samples.c.push(await sampleC(programs));
    samples.collected.push(await collected.sample());
    samples.cProcess.push(await sample(launch, command.c(programs), GREETING));
    samples.orchidProcess.push(await sample(launch, command.orchid(), GREETING));
    samples.emptyProcess.push(await sample(launch, command.empty(), ""));
  }
  return samples;
}

async function warmUp(loop: OrchidLoop): Promise<void> {
  for (let run = 0; run < WARM_UPS; run++) await loop.sample();
}

const nanosecondsPerByte = (sample: LoopSample) => sample.nanoseconds / sample.bytes;
const bytesPerSecond = (sample: LoopSample) => sample.bytes / sample.nanoseconds * 1e9;
const milliseconds = (sample: Sample) => sample.seconds * 1000;
const mebibytes = (sample: Sample) => sample.peak;

function report(exits: ExitSamples, samples: Samples): string {
  const rows = table([
    {
      name: "MMIO exit to user space, ns",
      c: exits.c.map(({ exit }) => exit),
      orchid: exits.orchid.map(({ exit }) => exit),
      target: MMIO_EXIT_TARGET,
    },
    {
      name: "  with all that is done beside, ns",
      c: exits.c.map(nanosecondsPerByte),
      orchid: exits.orchid.map(nanosecondsPerByte),
    },
    {
      name: "console output, bytes/s",
      c: samples.c.map(bytesPerSecond),
      orchid: samples.collected.map(bytesPerSecond),
      target: CONSOLE_TARGET,
    },
    {
      name: "hello, whole process, ms",
      c: samples.cProcess.map(milliseconds),
      orchid: samples.orchidProcess.map(milliseconds),
    },
    { name: "  an empty Deno program, ms", orchid: samples.emptyProcess.map(milliseconds) },
    {
      name: "hello, peak memory, MiB",
      c: samples.cProcess.map(mebibytes),
      orchid: samples.orchidProcess.map(mebibytes),
    },
    { name: "  an empty Deno program, MiB", orchid: samples.emptyProcess.map(mebibytes) },
  ]);
  return `${rows}\n\n${notes(exits)}`;
}

function notes({ c, cold }: ExitSamples): string {
  const bytes = median(c.map((sample) => sample.bytes)).toLocaleString("en-US");
  const first = Math.round(nanosecondsPerByte(cold)).toLocaleString("en-US");
  return `Medians of ${EXIT_ROUNDS} rounds for the exits and of ${ROUNDS} for the rest, C and Orchid in turns; the ratio is the
median of the rounds' ratios. MMIO exit and console output: a guest prints ${bytes} bytes, and each
of the two times its own loop around KVM_RUN. C exits for each byte; so does Orchid in the first
rows (coalesce: false): the time of an exit is the median over windows of 256, and in Orchid from one
look of its run loop at the clock to the next, 32 to 256 exits later; below it is the mean with all that
is done beside (writing; in Orchid also signals and timers, 25 times a second). In the third row Orchid works as shipped, writing
included.
Orchid's loops run in processes that stay (${PROCESSES} take turns at the exits), and ${WARM_UPS} runs of each before
the rounds, in which V8 compiles them, do not count (the first one's exits took ${first} ns each).
Whole process: from fork to exit, with Deno's caches filled and types not checked (--no-check).`;
}

const [programs = "."] = Deno.args;
try {
  const exits = await takeExits(programs);
  console.log(report(exits, await takeSamples(programs)));
} catch (error) {
  if (!(error instanceof BenchmarkError)) throw error;
  console.error(`bench: ${error.message}`);
  Deno.exit(1);
}
