/** The rows and notes of the benchmark's table about Linux in the virt machine. */

import type { Booter } from "./boots.ts";
import type { Upkeep } from "./idle.ts";
import type { Sample } from "./process.ts";
import { type Measure, table, type Target } from "./table.ts";

const LOUD_TARGET: Target = { most: 0.7 };
const QUIET_TARGET: Target = { most: 1.1 };
const EXITS_TARGET: Target = { most: 1000 };
/** In MB. */
const MEMORY_TARGET: Target = { most: 120 };
/** In percent of a CPU. */
const IDLE_TARGET: Target = { most: 1 };
const MAILBOX_TARGET: Target = { most: 3 };

/** Values of one measurement, a value for each round; Orchid from its sources is not always measured. */
export type Sides<T> = Readonly<Record<Booter, T[]>>;

/** All that was measured with one number of vCPUs. */
export interface LinuxSamples {
  readonly smp: number;
  /** Boots with all messages. */
  readonly loud: Sides<Sample>;
  readonly quiet: Sides<Sample>;
  /** Seconds from the start of the process to the first KVM_RUN. */
  readonly firstRun: Sides<number>;
  /** Orchid's exits in boots with all messages. */
  readonly exits: number[];
  readonly upkeep: Sides<Upkeep>;
}

/** No samples yet, of anything. */
export function noSides<T>(): Sides<T> {
  return { qemu: [], orchid: [], sources: [] };
}

/** The table about Linux. */
export function linuxTable(samples: readonly LinuxSamples[]): string {
  return table(samples.flatMap(rows), "QEMU");
}

function rows({ smp, loud, quiet, firstRun, exits, upkeep }: LinuxSamples): Measure[] {
  const vcpus = smp === 1 ? "1 vCPU" : `${smp} vCPUs`;
  const seconds = (sample: Sample) => sample.seconds;
  const absolute = true;
  return [
    ...pair(`boot with all messages, ${vcpus}, s`, loud, seconds, { target: LOUD_TARGET }),
    ...pair(`quiet boot, ${vcpus}, s`, quiet, seconds, { target: QUIET_TARGET }),
    ...pair(`  until the first KVM_RUN, ${vcpus}, s`, firstRun, (value) => value),
    { name: `exits with all messages, ${vcpus}`, orchid: exits, target: EXITS_TARGET },
    ...pair(`memory beside the guest's, ${vcpus}, MB`, upkeep, ({ memory }) => memory, {
      target: MEMORY_TARGET,
      absolute,
    }),
    ...pair(`idle guest, ${vcpus}, % of a CPU`, upkeep, ({ idle }) => idle, {
      target: IDLE_TARGET,
      absolute,
    }),
  ];
}

/** A row for Orchid, and one for Orchid from its sources if that was measured. */
function pair<T>(
  name: string,
  { qemu, orchid, sources }: Sides<T>,
  value: (sample: T) => number,
  judgement: Pick<Measure, "target" | "absolute"> = {},
): Measure[] {
  const c = qemu.map(value);
  const row = { name, c, orchid: orchid.map(value), ...judgement };
  if (sources.length === 0) return [row];
  const indent = name.length - name.trimStart().length + 2;
  return [row, { name: `${" ".repeat(indent)}from its sources`, c, orchid: sources.map(value) }];
}

/** The table about exits: those of the tiny machine and those of the virt machine, in nanoseconds. */
export function mailboxTable(inline: number[], mailbox: number[]): string {
  const row = { name: "MMIO exit, ns", c: inline, orchid: mailbox, target: MAILBOX_TARGET };
  return table([row], "inline", "mailbox");
}

/** What to know about {@linkcode linuxTable}. */
export function linuxNotes(rounds: number, memory: number, qemu: string): string {
  return `Medians of ${rounds} rounds, QEMU and Orchid in turns; the ratio is the median of the rounds' ratios.
Both boot the same kernel and initramfs with ${memory} MiB, from fork to exit, to an init that switches off
at once; Deno's caches are filled. Orchid is the one file that \`deno task bundle\` makes, started as its
first line says; from its sources it is main.ts with its hundred modules, types not checked (--no-check).
In an emulated box memory that has held code takes 0.02 to 0.12 s for each 2 MiB when it is next written
to: a boot pays there for the one before it.
Until the first KVM_RUN: when QEMU's tracing or Orchid's -v tells of it, in runs of their own.
Exits: of one boot, by --stats, without KVM_EXIT_INTR: that is no exit of a vCPU's, but the end of a
time slice in which the devices' thread has waited for one.
Memory: the most that was resident, of everything but the mapping of guest RAM, in a quiet boot to a
shell's prompt. Idle: user and system time of the whole process at that prompt, for 20 s,
40 s after it came, when V8 has collected garbage for the last time.
Both are measured once, with both processes there at the same time.
Aims beyond what is required: 0.50 with all messages, 0.90 quiet, 500 exits, 80 MB.
Peer: ${qemu}, -M virt,gic-version=host -accel kvm -cpu host.`;
}

/** What to know about {@linkcode mailboxTable}. */
export function mailboxNotes(rounds: number): string {
  return `A guest prints to the console at 0x996, where each byte is an exit, with one vCPU: inline on the tiny
machine, and through the mailbox to another thread and back on the virt machine. Medians over windows
of 32 to 256 exits, and of ${rounds} rounds. Aim beyond what is required: 2.00.`;
}
