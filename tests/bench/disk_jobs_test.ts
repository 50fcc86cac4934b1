/** What the benchmark asks of fio, and what it reads from the guest's console. */

import { assertEquals, assertThrows } from "@std/assert";
import { guestCommand, type Job, JobLog, JOBS, rateOf, WARM_UP } from "../../bench/disk_jobs.ts";
import { BenchmarkError } from "../../bench/process.ts";
import { runParameter } from "../../tools/linux_image.ts";

const [job] = JOBS as [Job];

Deno.test("guestCommand names all jobs and what ends them, and fits on a kernel's command line", () => {
  assertEquals(
    guestCommand([job], { requests: 1 }),
    "fio-jobs randread-1,randread,4k,1,number_ios=1",
  );
  const all = guestCommand([WARM_UP, ...JOBS], { seconds: 4 });
  const start = "fio-jobs warm-up,randrw,4k,32,runtime=20 randread-1,randread,4k,1,runtime=4 ";
  assertEquals(all.startsWith(start), true);
  // The kernel has room for 2048 bytes in all.
  assertEquals(runParameter(all).length < 1000, true);
});

Deno.test("JobLog takes the CPU time between begin and end, and fio's figures", () => {
  const times = [10, 10.5];
  const log = new JobLog([job], () => times.shift()!);
  const waits = [
    "[    1.2] something else\r",
    "disk: ready randread-1\r",
    "\r",
    "disk: begin randread-1\r",
    "disk: end randread-1\r",
    "disk: result randread-1 0 4000 2500\r",
  ].map((line) => log.take(line));
  assertEquals(waits, [false, true, false, false, false, false]);
  assertEquals(log.samples.get("randread-1"), { requests: 1000, seconds: 2.5, cpu: 0.5 });
  assertEquals(times, []);
});

Deno.test("JobLog refuses a job that failed, that did nothing, or that nobody asked for", () => {
  for (const figures of ["randread-1 5 4000 2500", "randread-1 0 0 2500", "other 0 4000 2500"]) {
    const log = new JobLog([job], () => 0);
    log.take("disk: begin randread-1");
    log.take("disk: end randread-1");
    assertThrows(() => log.take(`disk: result ${figures}`), BenchmarkError);
  }
});

Deno.test("rateOf is requests in a second, or MB of large ones", () => {
  const sample = { requests: 500, seconds: 2, cpu: 0 };
  assertEquals(rateOf(sample, job), 250);
  assertEquals(rateOf(sample, JOBS.at(-1)!), 262.144);
});
