/** `deno task bench:soft`: the software CPU against QEMU's TCG, with three compute guests in turns; and what hello costs on it. */

import { ToolError } from "../../tools/run.ts";
import { BenchmarkError, outputOf, type Sample, sample } from "../process.ts";
import { type Measure, table, type Target } from "../table.ts";
import { buildGuest, buildNative, ensureTools, type Guest } from "./build.ts";
import { command } from "./samples.ts";

/** How often everything is measured, in turns; another number may be given as argument. */
const ROUNDS = 5;

const COMPUTE = ["integers", "sieve", "pointers"];
/** Ends at once: what is left of the others' time without this one's is the computation. */
const EMPTY = "empty";

const SPEED_TARGET: Target = { least: 0.5 };
const HELLO_CPU_TARGET: Target = { most: 150 };
const HELLO_MEMORY_TARGET: Target = { most: 60 };

/** One guest's samples, one for each round. */
interface GuestSamples {
  readonly qemu: Sample[];
  readonly orchid: Sample[];
}

/** All samples: of each guest by its name, and of hello and an empty Deno program. */
interface Samples {
  readonly guests: Record<string, GuestSamples>;
  readonly hello: Sample[];
  readonly emptyDeno: Sample[];
}

/** Takes each measurement once in each round, so that whatever else this machine does meets all alike. */
async function takeSamples(launch: string, guests: Guest[], rounds: number): Promise<Samples> {
  const samples: Samples = { guests: {}, hello: [], emptyDeno: [] };
  for (const { name } of guests) samples.guests[name] = { qemu: [], orchid: [] };
  for (let round = 1; round <= rounds; round++) {
    console.error(`round ${round} of ${rounds}`);
    for (const guest of guests) {
      const checksum = await outputOf([guest.native]);
      const { qemu, orchid } = samples.guests[guest.name]!;
      qemu.push(await sample(launch, command.qemu(guest), checksum));
      orchid.push(await sample(launch, command.orchid(guest), checksum));
    }
    samples.hello.push(await sample(launch, command.hello(), "Hello\n"));
    samples.emptyDeno.push(await sample(launch, command.emptyDeno(), ""));
  }
  return samples;
}

/** What each value is above the one of the same round that it is compared with. */
function beyond(these: Sample[], those: Sample[], value: (sample: Sample) => number): number[] {
  return these.map((sample, round) => value(sample) - value(those[round]!));
}

function rows({ guests, hello, emptyDeno }: Samples): Measure[] {
  const seconds = (sample: Sample) => sample.seconds;
  const [speed, target] = [true, SPEED_TARGET];
  const empty = guests[EMPTY]!;
  const compute = COMPUTE.map((name): Measure => {
    const { qemu, orchid } = guests[name]!;
    const c = beyond(qemu, empty.qemu, seconds);
    return { name: `${name}, s`, c, orchid: beyond(orchid, empty.orchid, seconds), speed, target };
  });
  const whole = [...COMPUTE, EMPTY].map((name): Measure => {
    const { qemu, orchid } = guests[name]!;
    const measure = { c: qemu.map(seconds), orchid: orchid.map(seconds), speed };
    return name === EMPTY
      ? { name: `${name}, whole process, s`, ...measure }
      : { name: `${name}, whole process, s`, ...measure, target };
  });
  const cpu = beyond(hello, emptyDeno, (sample) => sample.cpu * 1000);
  const peak = beyond(hello, emptyDeno, (sample) => sample.peak);
  return [
    ...compute,
    ...whole,
    { name: "hello beyond an empty Deno, ms of CPU", orchid: cpu, target: HELLO_CPU_TARGET },
    { name: "hello beyond an empty Deno, MiB", orchid: peak, target: HELLO_MEMORY_TARGET },
  ];
}

async function report(samples: Samples, rounds: number): Promise<string> {
  const [version] = (await outputOf(["qemu-system-aarch64", "--version"])).split("\n");
  return `${table(rows(samples), "QEMU")}

Medians of ${rounds} rounds, QEMU and Orchid in turns; a ratio is Orchid's speed by QEMU's.
The first rows are the computation alone: the whole process less that of the guest "empty". Each
checksum was the same in QEMU, in Orchid, and in a native build of the same source.
Peer: ${version}, -M virt -cpu cortex-a76 -accel tcg, one vCPU.
Orchid: Deno ${Deno.version.deno}, V8 ${Deno.version.v8}, types not checked (--no-check).`;
}

/** The whole benchmark. */
async function bench(folder: string, rounds: number): Promise<void> {
  const prefix = await ensureTools();
  const launch = await buildNative(folder, "launch", ["launch.c"]);
  const guests = [];
  for (const name of [EMPTY, ...COMPUTE]) guests.push(await buildGuest(folder, name, prefix));
  console.log(await report(await takeSamples(launch, guests, rounds), rounds));
}

const rounds = Deno.args[0] === undefined ? ROUNDS : Number(Deno.args[0]);
const folder = await Deno.makeTempDir({ prefix: "orchid-bench-" });
let code = 0;
try {
  await bench(folder, rounds);
} catch (error) {
  if (!(error instanceof ToolError || error instanceof BenchmarkError)) throw error;
  console.error(`bench: ${error.message}`);
  code = 1;
} finally {
  await Deno.remove(folder, { recursive: true });
}
Deno.exit(code);
