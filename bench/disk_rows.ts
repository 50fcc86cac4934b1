/** The rows and notes of the benchmark's tables about disks. */

import { type Bus, DISK_MEMORY_MIB } from "./disk_boots.ts";
import { type Job, type JobSample, LARGE, rateOf } from "./disk_jobs.ts";
import { type Measure, table, type Target } from "./table.ts";

const RATE_TARGET: Target = { least: 0.8 };
const CPU_TARGET: Target = { most: 1.25 };
/** For a hundred requests. */
const EXITS_TARGET: Target = { most: 1 };

/** All that was measured of one job. */
export interface DiskSamples {
  readonly job: Job;
  /** The bus over which QEMU does it best. */
  readonly bus: Bus;
  /** With cache=none, a sample for each round. */
  readonly qemu: readonly JobSample[];
  /** With cache=writeback. */
  readonly writeback: readonly JobSample[];
  readonly orchid: readonly JobSample[];
  /** Orchid's exits for a hundred requests. */
  readonly exits: number;
}

/** The table with what is required: QEMU does not use the host's cache. */
export function diskTable(samples: readonly DiskSamples[]): string {
  const rows = samples.flatMap((sample): Measure[] => [
    ...pair(sample, sample.qemu, { rate: RATE_TARGET, cpu: CPU_TARGET }),
    { name: "  exits for 100 requests", orchid: [sample.exits], target: EXITS_TARGET },
  ]);
  return table(rows, "QEMU");
}

/** The same with the host's cache between QEMU and the disk. */
export function writebackTable(samples: readonly DiskSamples[]): string {
  return table(samples.flatMap((sample) => pair(sample, sample.writeback)), "QEMU, cached");
}

/** The rows that compare a job's rate, and its CPU time. */
function pair(
  { job, orchid }: DiskSamples,
  peer: readonly JobSample[],
  targets: { rate?: Target; cpu?: Target } = {},
): Measure[] {
  const rate = (sample: JobSample) => rateOf(sample, job);
  const cpu = ({ cpu, requests }: JobSample) => cpu / requests * 1e6;
  const unit = job.size === LARGE ? "MB/s" : "IOPS";
  return [
    {
      name: `${job.title}, depth ${job.depth}, ${unit}`,
      c: peer.map(rate),
      orchid: orchid.map(rate),
      target: targets.rate,
    },
    {
      name: "  CPU time of a request, µs",
      c: peer.map(cpu),
      orchid: orchid.map(cpu),
      target: targets.cpu,
    },
  ];
}

/** What to know about both tables. */
export function diskNotes(
  samples: readonly DiskSamples[],
  rounds: number,
  seconds: number,
  qemu: string,
): string {
  const over = (bus: Bus) =>
    samples.filter((sample) => sample.bus === bus).map(({ job }) => job.name).join(", ") || "none";
  return `Medians of ${rounds} rounds, QEMU and Orchid in turns; the ratio is the median of the rounds' ratios.
fio with libaio and direct=1 in the same kernel and initramfs, 1 vCPU, ${DISK_MEMORY_MIB} MiB, on the same disk of
1 GiB. A job ends after ${seconds} s, or when it has been over the whole disk: nothing is read twice, and
before each job the host forgets what it has of the disk. So nothing comes out of the host's cache but
what it has read ahead. A job that writes ends with a sync, whose time is the job's: what is only in
the host's memory is not written yet. Before the jobs each guest has had one that is not counted.
QEMU goes past the host's cache (cache=none), as Orchid does. In the second table, which has no targets,
QEMU goes through it (cache=writeback).
CPU time: user and system time of the whole process, guest included, from fio's start of the job to its
end, by /proc/PID/stat; what the kernel's own threads do for it is not in there.
Exits: by --stats, without KVM_EXIT_INTR, in runs of their own, less those of a guest that makes one
request.
QEMU's better bus, from one run over each:
  virtio-pci: ${over("pci")}
  virtio-mmio: ${over("mmio")}
Aims beyond what is required: 1.00 for all ratios.
Peer: ${qemu}, -M virt,gic-version=host -accel kvm -cpu host, aio=threads.`;
}
