/** Measures fio in a guest of QEMU's and of Orchid's in turns, on one disk, and prints the tables; bench/main.ts starts this where there is arm64 KVM. */

import { parseArgs } from "@std/cli/parse-args";
import { Boots, QEMU } from "./boots.ts";
import { type Bus, type DiskSetup, inOrchid, inQemu, runJobs } from "./disk_boots.ts";
import { type Job, JOBS, type JobSample, type Limit, rateOf, WARM_UP } from "./disk_jobs.ts";
import { diskNotes, type DiskSamples, diskTable, writebackTable } from "./disk_rows.ts";
import { exitsIn } from "./exits.ts";
import { BenchmarkError, outputOf } from "./process.ts";

/** How often each measurement is taken, unless `--rounds` says otherwise. */
const ROUNDS = 3;
/** How long a job takes, in seconds. */
const SECONDS = 4;

type Samples = ReadonlyMap<string, JobSample>;

/** A disk, and guests for it. */
class DiskBench {
  readonly #boots: Boots;
  readonly #disk: string;

  constructor(folder: string, disk: string) {
    this.#boots = new Boots(folder);
    this.#disk = disk;
  }

  /** Over which bus QEMU does each job best. */
  async chooseBuses(): Promise<Map<Job, Bus>> {
    const pci = await this.#run("QEMU, virtio-pci", inQemu(this.#disk, "pci", "none"), JOBS);
    const mmio = await this.#run("QEMU, virtio-mmio", inQemu(this.#disk, "mmio", "none"), JOBS);
    const rate = (samples: Samples, job: Job) => rateOf(samples.get(job.name)!, job);
    return new Map(JOBS.map((job) => [job, rate(pci, job) >= rate(mmio, job) ? "pci" : "mmio"]));
  }

  /** All jobs in QEMU, each over its bus. */
  async inQemu(buses: ReadonlyMap<Job, Bus>, cache: "none" | "writeback"): Promise<Samples> {
    const samples: [string, JobSample][] = [];
    for (const bus of ["pci", "mmio"] as const) {
      const jobs = JOBS.filter((job) => buses.get(job) === bus);
      if (jobs.length === 0) continue;
      const setup = inQemu(this.#disk, bus, cache);
      samples.push(...await this.#run(`QEMU, virtio-${bus}, cache=${cache}`, setup, jobs));
    }
    return new Map(samples);
  }

  /** All jobs in Orchid. */
  async inOrchid(): Promise<Samples> {
    return await this.#run("Orchid", inOrchid(this.#disk), JOBS);
  }

  /** How many exits each job makes in Orchid for a hundred requests. */
  async exits(): Promise<Map<Job, number>> {
    const found = new Map<Job, number>();
    const [idle] = await this.#countExits(JOBS[0]!, { requests: 1 });
    for (const job of JOBS) {
      const [exits, requests] = await this.#countExits(job, { seconds: SECONDS });
      found.set(job, (exits - idle) / (requests - 1) * 100);
    }
    return found;
  }

  /** The exits of a guest that does one job, and the requests of that. */
  async #countExits(job: Job, limit: Limit): Promise<[exits: number, requests: number]> {
    progress(`Orchid's exits: ${"requests" in limit ? "one request" : job.name}`);
    const setup = inOrchid(this.#disk, "--stats");
    const { samples, said } = await runJobs(this.#boots, setup, this.#disk, [job], limit);
    return [exitsIn(said), samples.get(job.name)!.requests];
  }

  async #run(what: string, setup: DiskSetup, jobs: readonly Job[]): Promise<Samples> {
    progress(what);
    const all = [WARM_UP, ...jobs];
    return (await runJobs(this.#boots, setup, this.#disk, all, { seconds: SECONDS })).samples;
  }
}

function progress(what: string): void {
  console.error(`${(performance.now() / 1000).toFixed(0).padStart(4)} s  ${what}`);
}

/** Measures everything, and prints what came of it. */
async function bench(folder: string, disk: string, rounds: number): Promise<void> {
  if (!(rounds >= 1)) throw new BenchmarkError("--rounds wants a number of at least 1");
  const bench = new DiskBench(folder, disk);
  const buses = await bench.chooseBuses();
  const [qemu, orchid, writeback]: [Samples[], Samples[], Samples[]] = [[], [], []];
  for (let round = 1; round <= rounds; round++) {
    progress(`round ${round} of ${rounds}`);
    qemu.push(await bench.inQemu(buses, "none"));
    orchid.push(await bench.inOrchid());
    writeback.push(await bench.inQemu(buses, "writeback"));
  }
  const exits = await bench.exits();
  const samples = JOBS.map((job): DiskSamples => {
    const of = (rounds: Samples[]) => rounds.map((samples) => samples.get(job.name)!);
    const taken = { qemu: of(qemu), orchid: of(orchid), writeback: of(writeback) };
    return { job, bus: buses.get(job)!, ...taken, exits: exits.get(job)! };
  });
  const [version = ""] = (await outputOf([QEMU, "--version"])).split("\n");
  const notes = diskNotes(samples, rounds, SECONDS, version);
  console.log(`${diskTable(samples)}\n\n${writebackTable(samples)}\n\n${notes}`);
}

const { _: [folder = ".", disk = ""], rounds } = parseArgs(Deno.args, { string: ["rounds", "_"] });
try {
  await bench(`${folder}`, `${disk}`, Number(rounds ?? ROUNDS));
} catch (error) {
  if (!(error instanceof BenchmarkError)) throw error;
  console.error(`bench: ${error.message}`);
  Deno.exit(1);
}
