/** The benchmark's tables about disks. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { JOBS } from "../../bench/disk_jobs.ts";
import { diskNotes, type DiskSamples, diskTable, writebackTable } from "../../bench/disk_rows.ts";

const samples: DiskSamples[] = [
  {
    job: JOBS[0]!,
    bus: "pci",
    qemu: [{ requests: 1000, seconds: 2, cpu: 1 }],
    writeback: [{ requests: 2000, seconds: 2, cpu: 1 }],
    orchid: [{ requests: 800, seconds: 2, cpu: 1.2 }],
    exits: 150,
  },
  {
    job: JOBS[4]!,
    bus: "mmio",
    qemu: [{ requests: 1000, seconds: 2, cpu: 1 }],
    writeback: [{ requests: 1000, seconds: 2, cpu: 1 }],
    orchid: [{ requests: 700, seconds: 2, cpu: 0.7 }],
    exits: 0.5,
  },
];

Deno.test("diskTable compares rates and CPU times with QEMU's past the cache, and judges exits", () => {
  assertEquals(
    diskTable(samples),
    `
measure                                 QEMU  Orchid  ratio  required
-------------------------------------  -----  ------  -----  ----------------
random read, 4 KiB, depth 1, IOPS        500     400   0.80  >= 0.80: met
  CPU time of a request, µs            1,000   1,500   1.50  <= 1.25: NOT met
  exits for 100 requests                         150         <= 1.00: NOT met
sequential read, 1 MiB, depth 4, MB/s    524     367   0.70  >= 0.80: NOT met
  CPU time of a request, µs            1,000   1,000   1.00  <= 1.25: met
  exits for 100 requests                        0.50         <= 1.00: met
`.trim(),
  );
});

Deno.test("writebackTable compares with QEMU through the cache, and requires nothing", () => {
  assertEquals(
    writebackTable(samples.slice(0, 1)),
    `
measure                            QEMU, cached  Orchid  ratio  required
---------------------------------  ------------  ------  -----  --------
random read, 4 KiB, depth 1, IOPS         1,000     400   0.40
  CPU time of a request, µs                 500   1,500   3.00
`.trim(),
  );
});

Deno.test("diskNotes say over which bus QEMU did what", () => {
  const notes = diskNotes(samples, 3, 4, "QEMU 7.2");
  assertStringIncludes(notes, "virtio-pci: randread-1\n");
  assertStringIncludes(notes, "virtio-mmio: read-4\n");
  assertStringIncludes(diskNotes(samples.slice(0, 1), 3, 4, "QEMU"), "virtio-mmio: none\n");
});
