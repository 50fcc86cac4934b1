/** Runs small guests on the virt machine, whose vCPUs are threads. */

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fileOf } from "../../boot/guest_file.ts";
import { hostPmus } from "../../kvm/host_pmus.ts";
import { openSystem } from "../../machine/accel.ts";
import type { End } from "../../machine/end.ts";
import { isSmp, VirtMachine, type VirtMachineOptions } from "../../machine/virt.ts";
import { run } from "../../main.ts";
import { OrchidError } from "../../vm/error.ts";
import { guestCode } from "../guest_run.ts";
import { pmuTest } from "../pmu_test_case.ts";
import { emptyReader, MemoryWriter } from "../streams.ts";
import { kvmTest } from "../test_case.ts";

/** Longer than any of the guests needs, in milliseconds, in an emulated box as well. */
const LIMIT = 120_000;

/** The machine code of a guest of the tests'. */
function testGuest(name: string): Uint8Array {
  return Deno.readFileSync(new URL(`guests/${name}.bin`, import.meta.url));
}

const delay = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Runs a flat binary to its end. */
async function runVirt(
  code: Uint8Array,
  options: Partial<VirtMachineOptions> = {},
  during: (machine: VirtMachine) => void = () => {},
): Promise<{ end: End; output: string; machine: VirtMachine }> {
  using system = await openSystem("kvm");
  assert(isSmp(system));
  const output = new MemoryWriter();
  const streams = { input: emptyReader, output };
  const kernel = fileOf("guest", code);
  await using machine = await VirtMachine.create(system, {
    memory: 2 ** 24,
    ...streams,
    ...options,
    kernel,
  });
  during(machine);
  const end = await run(machine, AbortSignal.timeout(LIMIT));
  return { end, output: output.text, machine };
}

/** Deno's name for those of its threads that come and go as there is work to be done beside. */
const POOL = "tokio-runtime-w";

/** What `read` gives for each entry of a folder of /proc/self. */
function ofProcess(folder: string, read: (path: string) => string): string[] {
  return Array.from(Deno.readDirSync(`/proc/self/${folder}`)).flatMap(({ name }) => {
    try {
      return [read(`/proc/self/${folder}/${name}`)];
    } catch {
      // It has just ended.
      return [];
    }
  });
}

/** What this process's threads say in one of their files in /proc. */
function ofThreads(file: string): string[] {
  return ofProcess("task", (thread) => Deno.readTextFileSync(`${thread}/${file}`));
}

/** What this process holds: its threads and its open files, each by its number and its name. */
function holdings(): string[] {
  const threads = ofProcess("task", (path) => `${path} ${Deno.readTextFileSync(`${path}/comm`)}`);
  const files = ofProcess("fd", (path) => `${path} ${Deno.readLinkSync(path)}`);
  return [...threads.filter((thread) => !thread.trimEnd().endsWith(` ${POOL}`)), ...files];
}

/** The names of the threads that belong to somebody. */
function threads(): string[] {
  return ofThreads("comm").map((name) => name.trim()).filter((name) => name !== POOL).sort();
}

/** The CPUs that vCPUs' threads are kept on, where they are kept on one. */
function allowedCpus(): string[] {
  return ofThreads("status")
    .filter((status) => status.startsWith("Name:\tvCPU "))
    .map((status) => /^Cpus_allowed_list:\s+(\d+)$/m.exec(status)?.[1])
    .filter((cpu) => cpu !== undefined)
    .sort();
}

/** How much memory this process has, in KiB. */
function residentMemory(): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(Deno.readTextFileSync("/proc/self/status"))?.[1]);
}

kvmTest(
  "VirtMachine prints what a guest sends to the PL011 and to the console at 0x996",
  async () => {
    const { end, output } = await runVirt(testGuest("print"));
    assertEquals([end, output], [{ kind: "shutdown" }, "serial\nconsole\n"]);
  },
);

kvmTest("VirtMachine ends at a newline that the PL011 sends if it is told to", async () => {
  const { end, output } = await runVirt(testGuest("print"), { exitOnNewline: true });
  assertEquals([end, output], [{ kind: "newline" }, "serial\n"]);
});

// An emergency write needs no driver.
const EMERGENCY = new Uint32Array([
  ...[0xd2a1_4001, 0x5280_0422, 0xb901_0822], // movz x1, #0xa00, lsl #16; mov w2, #'!'; str w2, [x1, #0x108]
  ...[0x5280_0142, 0xb901_0822], // mov w2, #'\n'; str w2, [x1, #0x108]
  ...[0x52b0_8000, 0x7280_0100, 0xd400_0002], // w0 = 0x84000008, SYSTEM_OFF; hvc #0
]);

for (const [exitOnNewline, kind] of [[false, "shutdown"], [true, "newline"]] as const) {
  kvmTest(`VirtMachine prints what its virtio console is given, to its ${kind}`, async () => {
    const code = new Uint8Array(EMERGENCY.buffer);
    const { end, output } = await runVirt(code, { console: "virtio", exitOnNewline });
    assertEquals([end, output], [{ kind }, "!\n"]);
  });
}

kvmTest("VirtMachine ends at a reset if it is told to", async () => {
  const { end, machine } = await runVirt(guestCode("reset"), { noReboot: true });
  assertEquals([end, machine.starts], [{ kind: "reset" }, 1]);
});

kvmTest("VirtMachine starts a guest again and again, and leaks nothing", async () => {
  const seen: { memory: number; held: string[] }[] = [];
  const { machine } = await runVirt(guestCode("reset"), { smp: 2 }, (machine) => {
    const { runner } = machine;
    machine.runner = {
      run() {
        if (machine.starts > 10) {
          seen.push({ memory: residentMemory(), held: holdings() });
          if (machine.starts > 30) machine.end = { kind: "reset" };
        }
        return runner.run();
      },
      interruptEvery: (period) => runner.interruptEvery(period),
    };
  });
  assertEquals(machine.starts, 31);
  const [first, last] = [seen.at(0)!, seen.at(-1)!];
  const growth = last.memory - first.memory;
  assert(growth < 8 * 1024, `memory grew from ${first.memory} to ${last.memory} KiB`);
  // What others left behind, such as io_uring's threads, may go meanwhile; nothing may come.
  assertEquals(last.held.filter((one) => !first.held.includes(one)), []);
});

kvmTest("VirtMachine takes rubbish in every register, at every width", async () => {
  const { end } = await runVirt(testGuest("rubbish"));
  assertEquals(end, { kind: "shutdown" });
});

kvmTest(
  "VirtMachine ends a guest that does nothing when it is told to, and its threads",
  async () => {
    const controller = new AbortController();
    using system = await openSystem("kvm");
    assert(isSmp(system));
    {
      await using machine = await VirtMachine.create(system, {
        memory: 2 ** 24,
        smp: 4,
        kernel: fileOf("silence", guestCode("silence")),
        input: emptyReader,
        output: new MemoryWriter(),
      });
      setTimeout(() => controller.abort("why"), 300);
      assertEquals(await run(machine, controller.signal), { kind: "aborted", reason: "why" });
      assert(machine.pc >= 0x4008_0000n, "the vCPU is where the guest is");
    }
    assertEquals(threads().filter((name) => name.startsWith("vCPU ")), []);
  },
);

kvmTest("VirtMachine shows where its vCPU is while it runs", async () => {
  using system = await openSystem("kvm");
  assert(isSmp(system));
  const controller = new AbortController();
  await using machine = await VirtMachine.create(system, {
    memory: 2 ** 24,
    kernel: fileOf("silence", guestCode("silence")),
    input: emptyReader,
    output: new MemoryWriter(),
  });
  const ended = run(machine, controller.signal);
  const pcs: bigint[] = [];
  for (let i = 0; i < 3; i++) {
    await delay(100);
    pcs.push(machine.samplePc());
  }
  controller.abort();
  await ended;
  assert(pcs.every((pc) => pc >= 0x4008_0000n && pc < 0x4008_1000n), pcs.join());
});

kvmTest("VirtMachine keeps vCPUs on the host's CPUs that they are given", async () => {
  using system = await openSystem("kvm");
  assert(isSmp(system));
  const controller = new AbortController();
  await using machine = await VirtMachine.create(system, {
    memory: 2 ** 24,
    smp: 2,
    chooseHost: () => ({ cpus: [[1], [0]] }),
    kernel: fileOf("silence", guestCode("silence")),
    input: emptyReader,
    output: new MemoryWriter(),
  });
  const ended = run(machine, controller.signal);
  // The second thread comes when the first one's vCPU runs.
  for (let left = 100; allowedCpus().length < 2 && left > 0; left--) await delay(50);
  const seen = allowedCpus();
  controller.abort();
  await ended;
  assertEquals(seen, ["0", "1"]);
});

pmuTest("VirtMachine makes PMUs from the host's that is chosen", async () => {
  const [pmu] = hostPmus();
  assert(pmu !== undefined);
  const chooseHost = () => ({ cpus: [pmu.cpus, pmu.cpus], pmu: pmu.type });
  const { end } = await runVirt(guestCode("hello-psci"), { pmu: true, smp: 2, chooseHost });
  assertEquals(end, { kind: "shutdown" });
});

pmuTest("VirtMachine says when there is no such PMU", async () => {
  const noPmu = { pmu: true, chooseHost: () => ({ pmu: 0x7fff }) };
  const error = await assertRejects(() => runVirt(guestCode("hello-psci"), noPmu), OrchidError);
  assertStringIncludes(error.message, "KVM_ARM_VCPU_PMU_V3_SET_PMU");
});
