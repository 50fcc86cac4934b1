/** Boots a guest in QEMU or in Orchid, and has fio do its jobs there. */

import type { Booter, Boots } from "./boots.ts";
import { guestCommand, type Job, JobLog, type JobSample, type Limit } from "./disk_jobs.ts";
import { dropCacheOf } from "./page_cache.ts";
import { cpuSeconds } from "./proc.ts";
import { BenchmarkError } from "./process.ts";

/** The guest's RAM in MiB: fio's libraries are in it twice while it boots. */
export const DISK_MEMORY_MIB = 512;
/** No guest takes longer than that, in milliseconds: it hangs. */
const LONGEST = 600_000;
/** What a disk is attached by in QEMU. */
const DEVICES = { pci: "virtio-blk-pci", mmio: "virtio-blk-device" } as const;

/** How QEMU's guest reaches its disk. */
export type Bus = keyof typeof DEVICES;

/** Who gives a guest a disk, and by which options. */
export interface DiskSetup {
  readonly booter: Booter;
  readonly options: readonly string[];
}

/** QEMU with a file or a block device as its guest's disk. `cache` is QEMU's word for how much the host's memory has to do with it. */
export function inQemu(disk: string, bus: Bus, cache: "none" | "writeback"): DiskSetup {
  const drive = `file=${disk},format=raw,if=none,id=disk,aio=threads,cache=${cache}`;
  // A device on a bus without PCI speaks virtio 0.9 unless told; its guest is to speak what Orchid's does.
  const modern = ["-global", "virtio-mmio.force-legacy=false"];
  const device = ["-device", `${DEVICES[bus]},drive=disk`];
  return { booter: "qemu", options: [...modern, "-drive", drive, ...device] };
}

/** Orchid with a file or a block device as its guest's disk. */
export function inOrchid(disk: string, ...more: string[]): DiskSetup {
  return { booter: "orchid", options: ["--disk", disk, ...more] };
}

/** What came of a guest's jobs. */
export interface Jobs {
  /** What each took, by its name. */
  readonly samples: ReadonlyMap<string, JobSample>;
  /** What the guest's process said on stderr. */
  readonly said: string;
}

/**
 * Boots, and does some jobs one after the other, each with nothing of the disk in the host's cache.
 *
 * @throws {BenchmarkError} if not all of them were done.
 */
export async function runJobs(
  boots: Boots,
  { booter, options }: DiskSetup,
  disk: string,
  jobs: readonly Job[],
  limit: Limit,
): Promise<Jobs> {
  const runs = guestCommand(jobs, limit);
  const boot = { smp: 1, quiet: true, memory: DISK_MEMORY_MIB, runs, options };
  const [program = "", ...args] = boots.command(booter, boot);
  const streams = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
  const child = new Deno.Command(program, { args, ...streams }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), LONGEST);
  const log = new JobLog(jobs, () => cpuTimeOf(child.pid));
  try {
    const said = new Response(child.stderr).text();
    const printed = await follow(child, log, () => dropCacheOf(disk));
    if (log.samples.size === jobs.length) return { samples: log.samples, said: await said };
    throw new BenchmarkError(`${program} did not do all its jobs:\n${printed}${await said}`);
  } finally {
    clearTimeout(timer);
    await end(child);
  }
}

/** Reads what a guest prints, to its end, and prepares each job before it begins. */
async function follow(
  { stdin, stdout }: Deno.ChildProcess,
  log: JobLog,
  prepare: () => Promise<void>,
): Promise<string> {
  const input = stdin.getWriter();
  let printed = "";
  for await (const line of linesOf(stdout)) {
    printed += `${line}\n`;
    if (!log.take(line)) continue;
    await prepare();
    await input.write(new TextEncoder().encode("\n"));
  }
  return printed;
}

/** Ends a process, if it has not ended by itself. */
async function end(child: Deno.ChildProcess): Promise<void> {
  try {
    child.kill("SIGKILL");
  } catch { /* Gone already. */ }
  await child.status;
}

function cpuTimeOf(pid: number): number {
  return cpuSeconds(Deno.readTextFileSync(`/proc/${pid}/stat`));
}

/** The lines of an output. */
async function* linesOf(output: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  let text = "";
  for await (const piece of output.pipeThrough(new TextDecoderStream())) {
    const lines = (text + piece).split("\n");
    text = lines.pop() ?? "";
    yield* lines;
  }
}
