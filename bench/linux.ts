/** Measures QEMU and Orchid in turns as they boot Linux on this machine, and prints the tables; bench/main.ts starts this where there is arm64 KVM. */

import { parseArgs } from "@std/cli/parse-args";
import { type Booter, Boots, MEMORY_MIB, QEMU, timeToFirstRun } from "./boots.ts";
import { exitsIn } from "./exits.ts";
import { upkeep } from "./idle.ts";
import {
  linuxNotes,
  type LinuxSamples,
  linuxTable,
  mailboxNotes,
  mailboxTable,
  noSides,
  type Sides,
} from "./linux_rows.ts";
import { BenchmarkError, outputOf } from "./process.ts";
import { OrchidLoop } from "./samples.ts";

/** How often each measurement is taken, unless `--rounds` says otherwise. */
const ROUNDS = 5;

/** The parts: boots with so many vCPUs, and exits through the mailbox. Without a choice all are measured. */
const VCPUS = [1, 2];
const MAILBOX = "mailbox";

const BOTH: readonly Booter[] = ["qemu", "orchid"];
/** What the sources change is the start, which is the same with any number of vCPUs. */
const SMP_OF_SOURCES = 1;

function progress(what: string): void {
  console.error(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${what}`);
}

/** Everything with one number of vCPUs. */
async function measureLinux(boots: Boots, smp: number, rounds: number): Promise<LinuxSamples> {
  const all: readonly Booter[] = smp === SMP_OF_SOURCES ? [...BOTH, "sources"] : BOTH;
  const samples: LinuxSamples = {
    smp,
    loud: noSides(),
    quiet: noSides(),
    firstRun: noSides(),
    exits: await fillCaches(boots, smp, all),
    upkeep: noSides(),
  };
  for (let round = 1; round <= rounds; round++) {
    progress(`${smp} vCPU: round ${round} of ${rounds}`);
    await inTurns(samples.loud, BOTH, (booter) => boots.sample(booter, { smp }));
    await inTurns(
      samples.quiet,
      all,
      (booter) => boots.sample(booter, { smp, quiet: true }),
    );
    await inTurns(samples.firstRun, all, (booter) => timeToFirstRun(boots, booter, smp));
  }
  progress(`${smp} vCPU: idle guests`);
  // CPU time and memory do not mind company, and both only wait most of the time.
  await Promise.all(BOTH.map(async (booter) => {
    samples.upkeep[booter].push(await upkeep(boots, booter, smp));
  }));
  return samples;
}

/** Measures once for each booter. */
async function inTurns<T>(
  sides: Sides<T>,
  booters: readonly Booter[],
  measure: (booter: Booter) => Promise<T>,
): Promise<void> {
  for (const booter of booters) sides[booter].push(await measure(booter));
}

/** Boots that are not timed, so that Deno's caches are filled; counts Orchid's exits in them. */
async function fillCaches(
  boots: Boots,
  smp: number,
  booters: readonly Booter[],
): Promise<number[]> {
  progress(`${smp} vCPU: filling caches`);
  const { said } = await boots.sample("orchid", { smp, options: ["--stats"] });
  for (const booter of booters) {
    if (booter !== "qemu") await boots.sample(booter, { smp, quiet: true });
  }
  return [exitsIn(said)];
}

/** The nanoseconds of an exit, inline and through the mailbox; a round that is left out lets V8 compile both. */
async function measureMailbox(rounds: number): Promise<{ inline: number[]; mailbox: number[] }> {
  const samples = { inline: [] as number[], mailbox: [] as number[] };
  await using inline = new OrchidLoop("exits");
  await using mailbox = new OrchidLoop("mailbox");
  for (let round = 0; round <= rounds; round++) {
    progress(round === 0 ? "exits: warming up" : `exits: round ${round} of ${rounds}`);
    const [one, other] = [(await inline.sample()).exit, (await mailbox.sample()).exit];
    if (round === 0) continue;
    samples.inline.push(one);
    samples.mailbox.push(other);
  }
  return samples;
}

/** Measures the chosen parts, or all, and prints what came of them. */
async function bench(folder: string, chosen: string[], rounds: number): Promise<void> {
  if (!(rounds >= 1)) throw new BenchmarkError("--rounds wants a number of at least 1");
  const parts = chosen.length > 0 ? chosen : [...VCPUS.map(String), MAILBOX];
  const boots = new Boots(folder);
  const samples = [];
  for (const smp of VCPUS.filter((smp) => parts.includes(`${smp}`))) {
    samples.push(await measureLinux(boots, smp, rounds));
  }
  if (samples.length > 0) {
    const [version = ""] = (await outputOf([QEMU, "--version"])).split("\n");
    console.log(`${linuxTable(samples)}\n\n${linuxNotes(rounds, MEMORY_MIB, version)}\n`);
  }
  if (!parts.includes(MAILBOX)) return;
  const { inline, mailbox } = await measureMailbox(rounds);
  console.log(`${mailboxTable(inline, mailbox)}\n\n${mailboxNotes(rounds)}`);
}

const { _: [folder = ".", ...chosen], rounds } = parseArgs(Deno.args, { string: ["rounds", "_"] });
try {
  await bench(`${folder}`, chosen.map(String), Number(rounds ?? ROUNDS));
} catch (error) {
  if (!(error instanceof BenchmarkError)) throw error;
  console.error(`bench: ${error.message}`);
  Deno.exit(1);
}
