/** Boots Linux to its shell, and looks at the process in /proc: how much memory it takes beside the guest's, and how much CPU time while the guest is idle. */

import { type Booter, type Boots, MEMORY_MIB } from "./boots.ts";
import { cpuSeconds, peakIn, type Resident, residentIn } from "./proc.ts";
import { BenchmarkError } from "./process.ts";

/** What such a process takes. */
export interface Upkeep {
  /** The most memory that was not the guest's, in MB. */
  readonly memory: number;
  /** CPU time while the guest was idle, in percent of one CPU. */
  readonly idle: number;
}

/** The guest's RAM in KiB. */
const RAM = MEMORY_MIB * 1024;

/** The shell's prompt. */
const PROMPT = "orchid:~#";
/** From the prompt until the guest is taken for idle, in milliseconds: V8 collects garbage once more, half a minute after it has had something to do. */
const SETTLING = 40_000;
/** How long it is then watched, in milliseconds. */
const WATCHED = 20_000;
/** How often memory is looked at until then, in milliseconds. */
const LOOK_PERIOD = 250;

/**
 * Boots to the shell, and stays a while at its prompt.
 *
 * The memory is the most of what was resident and not of guest RAM's mapping,
 * over looks at smaps while it boots; or what the process had at its peak less
 * what the guest has in the end, if that is more. The guest never gives memory
 * back: so neither says more than there was, and only what came and went between
 * two looks, while the guest had less than in the end, can be missed.
 */
export async function upkeep(boots: Boots, booter: Booter, smp: number): Promise<Upkeep> {
  const [program = "", ...args] = boots.command(booter, { smp, quiet: true, stays: true });
  // Nothing ever comes in, nor ends: as from somebody who does not type.
  const streams = { stdin: "piped", stdout: "piped", stderr: "inherit" } as const;
  const child = new Deno.Command(program, { args, ...streams }).spawn();
  const looks: Resident[] = [];
  const look = () => looks.push(residentIn(readProc(child.pid, "smaps"), RAM));
  try {
    const looking = setInterval(look, LOOK_PERIOD);
    try {
      await promptOf(child);
      await sleep(SETTLING);
    } finally {
      clearInterval(looking);
    }
    look();
    const rest = mostBeside(looks, peakIn(readProc(child.pid, "status")));
    return { memory: rest * 1024 / 1e6, idle: await cpuShare(child.pid) };
  } finally {
    child.kill("SIGKILL");
    await child.status;
  }
}

/**
 * The most memory that was not the guest's.
 *
 * @param looks What was seen, the last of it after the peak.
 * @param peak The most that was resident at a time.
 * @throws {BenchmarkError} if the guest's was not found.
 */
export function mostBeside(looks: readonly Resident[], peak: number): number {
  const guest = looks.at(-1)?.guest ?? 0;
  if (guest === 0) throw new BenchmarkError("the guest's RAM is no mapping of its own");
  return Math.max(peak - guest, ...looks.map(({ rest }) => rest));
}

/** Resolves when the shell has shown its prompt; what else is printed is read until the end. */
function promptOf(child: Deno.ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let printed = "";
    const reading = child.stdout.pipeThrough(new TextDecoderStream()).pipeTo(
      new WritableStream({
        write(text) {
          printed += text;
          if (printed.includes(PROMPT)) resolve();
        },
      }),
    );
    reading.finally(() => reject(new BenchmarkError(`there was no prompt, but:\n${printed}`)));
  });
}

/** The CPU time that a process takes for a while, in percent. */
async function cpuShare(pid: number): Promise<number> {
  const [start, before] = [performance.now(), cpuSeconds(readProc(pid, "stat"))];
  await sleep(WATCHED);
  const [end, after] = [performance.now(), cpuSeconds(readProc(pid, "stat"))];
  return (after - before) / ((end - start) / 1000) * 100;
}

function readProc(pid: number, name: string): string {
  return Deno.readTextFileSync(`/proc/${pid}/${name}`);
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
