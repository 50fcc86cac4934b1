/** What fio is to do in the guest, and what the guest tells of it. */

import { BenchmarkError } from "./process.ts";

/** A job for fio. */
export interface Job {
  /** One word for fio. */
  readonly name: string;
  /** What the table calls it. */
  readonly title: string;
  /** fio's name for what is done in which order. */
  readonly pattern: "randread" | "randwrite" | "read" | "write" | "randrw";
  /** The size of a request in KiB. */
  readonly size: number;
  /** How many requests are under way at a time. */
  readonly depth: number;
  /** It takes its own time, in seconds, whatever the others take. */
  readonly seconds?: number;
}

/** The size of a sequential job's requests, in KiB: their speed is told in MB/s. */
export const LARGE = 1024;

/** What is measured. */
export const JOBS: readonly Job[] = [
  { name: "randread-1", title: "random read, 4 KiB", pattern: "randread", size: 4, depth: 1 },
  { name: "randread-32", title: "random read, 4 KiB", pattern: "randread", size: 4, depth: 32 },
  { name: "randwrite-1", title: "random write, 4 KiB", pattern: "randwrite", size: 4, depth: 1 },
  { name: "randwrite-32", title: "random write, 4 KiB", pattern: "randwrite", size: 4, depth: 32 },
  { name: "read-4", title: "sequential read, 1 MiB", pattern: "read", size: LARGE, depth: 4 },
  { name: "write-4", title: "sequential write, 1 MiB", pattern: "write", size: LARGE, depth: 4 },
];

/**
 * Goes before those that are measured: by then V8 has compiled what is at work, as it has in any
 * guest that is up for a while. In the box that takes long, since V8's compilers are emulated too.
 */
export const WARM_UP: Job = {
  ...{ name: "warm-up", title: "warm-up" },
  ...{ pattern: "randrw", size: 4, depth: 32, seconds: 20 },
};

/** What ends a job: a time in seconds, or a number of requests. In any case it ends when it has been over the whole disk. */
export type Limit = { readonly seconds: number } | { readonly requests: number };

/** The shell command that does these jobs in the guest, one after the other. */
export function guestCommand(jobs: readonly Job[], limit: Limit): string {
  const words = jobs.map(({ name, pattern, size, depth, seconds }) => {
    const own: Limit = seconds === undefined ? limit : { seconds };
    const option = "seconds" in own ? `runtime=${own.seconds}` : `number_ios=${own.requests}`;
    return [name, pattern, `${size}k`, depth, option].join(",");
  });
  return ["fio-jobs", ...words].join(" ");
}

/** What a job took. */
export interface JobSample {
  readonly requests: number;
  readonly seconds: number;
  /** CPU time of the whole process that the guest is in, in seconds. */
  readonly cpu: number;
}

/** How many requests, or MB of large ones, a job did in a second. */
export function rateOf({ requests, seconds }: JobSample, { size }: Job): number {
  return requests / seconds * (size === LARGE ? LARGE * 1024 / 1e6 : 1);
}

/** What the guest says: that it is ready for a job, that one begins or ends, and in the end what fio tells of each: its error, KiB and milliseconds. */
const SAID = /disk: (?:(ready|begin|end) ([\w-]+)|result ([\w-]+) (\d+) (\d+) (\d+))\s*$/;

/** Follows what a guest says while it does jobs. */
export class JobLog {
  readonly samples = new Map<string, JobSample>();
  readonly #jobs: readonly Job[];
  readonly #cpuTime: () => number;
  /** The CPU time until a job began, and what it took after its end. */
  readonly #cpu = new Map<string, number>();

  /** @param cpuTime Gives the CPU time of the guest's process until now, in seconds. */
  constructor(jobs: readonly Job[], cpuTime: () => number) {
    this.#jobs = jobs;
    this.#cpuTime = cpuTime;
  }

  /**
   * Takes a line that the guest has printed.
   *
   * @returns Whether it now waits to be sent a line.
   * @throws {BenchmarkError} if fio failed.
   */
  take(line: string): boolean {
    const [, mark, marked = "", name = "", ...figures] = line.match(SAID) ?? [];
    if (mark === "begin") this.#cpu.set(marked, this.#cpuTime());
    if (mark === "end") this.#cpu.set(marked, this.#cpuTime() - this.#cpu.get(marked)!);
    if (name !== "") this.#finish(name, figures.map(Number) as [number, number, number]);
    return mark === "ready";
  }

  #finish(name: string, [error, kib, milliseconds]: [number, number, number]): void {
    const job = this.#jobs.find((job) => job.name === name);
    const cpu = this.#cpu.get(name);
    if (job === undefined || cpu === undefined || error !== 0 || kib === 0) {
      throw new BenchmarkError(`fio: ${name} did ${kib} KiB, error ${error}`);
    }
    this.samples.set(name, { requests: kib / job.size, seconds: milliseconds / 1000, cpu });
  }
}
