/** Tests what is read of the host's CPUs, in trees like the kernel's, and pins this thread. */

import { assertEquals, assertThrows } from "@std/assert";
import { cpuKind, cpuKindName } from "../../kvm/cpu_kinds.ts";
import { SystemCallError } from "../../kvm/errno.ts";
import { getAffinity, hostCpus, setAffinity } from "../../kvm/host_cpus.ts";
import { inTempFolder } from "../temp_folder.ts";

const A55 = "0x00000000412fd050";
const A76 = "0x00000000414fd0b0";

/** The files of one CPU. */
interface Files {
  readonly midr?: string;
  readonly capacity?: string;
}

/** What is read of a host with these CPUs online and these files. */
function found(online: string | undefined, cpus: Record<number, Files>, cpuinfo?: string) {
  return inTempFolder((folder) => {
    if (online !== undefined) Deno.writeTextFileSync(`${folder}/online`, `${online}\n`);
    for (const [id, { midr, capacity }] of Object.entries(cpus)) {
      const identification = `${folder}/cpu${id}/regs/identification`;
      Deno.mkdirSync(identification, { recursive: true });
      if (midr !== undefined) Deno.writeTextFileSync(`${identification}/midr_el1`, `${midr}\n`);
      if (capacity === undefined) continue;
      Deno.writeTextFileSync(`${folder}/cpu${id}/cpu_capacity`, `${capacity}\n`);
    }
    if (cpuinfo !== undefined) Deno.writeTextFileSync(`${folder}/cpuinfo`, cpuinfo);
    return hostCpus(folder, `${folder}/cpuinfo`).map(({ id, kind, capacity }) => [
      id,
      kind,
      capacity,
    ]);
  });
}

/** CPUs with the same files. */
function same(ids: number[], files: Files): Record<number, Files> {
  return Object.fromEntries(ids.map((id) => [id, files]));
}

/** /proc/cpuinfo of an arm64 with these parts. */
function cpuinfo(...parts: string[]): string {
  return parts.map((part, i) =>
    [
      `processor\t: ${i}`,
      "BogoMIPS\t: 48.00",
      "Features\t: fp asimd evtstrm aes",
      "CPU implementer\t: 0x41",
      "CPU architecture: 8",
      "CPU variant\t: 0x4",
      `CPU part\t: ${part}`,
      "CPU revision\t: 0",
    ].join("\n")
  ).join("\n\n") + "\n\n";
}

const little = { midr: A55, capacity: "530" };
const big = { midr: A76, capacity: "1024" };

Deno.test("hostCpus tells the two kinds of an RK3588 apart", () => {
  const cpus = { ...same([0, 1, 2, 3], little), ...same([4, 5, 6, 7], big) };
  assertEquals(found("0-7", cpus), [
    [0, "Cortex-A55", 530],
    [1, "Cortex-A55", 530],
    [2, "Cortex-A55", 530],
    [3, "Cortex-A55", 530],
    [4, "Cortex-A76", 1024],
    [5, "Cortex-A76", 1024],
    [6, "Cortex-A76", 1024],
    [7, "Cortex-A76", 1024],
  ]);
});

Deno.test("hostCpus reads a host of one kind, which has no capacities", () => {
  assertEquals(found("0-1", same([0, 1], { midr: A76 })), [
    [0, "Cortex-A76", undefined],
    [1, "Cortex-A76", undefined],
  ]);
});

Deno.test("hostCpus leaves out CPUs that are offline", () => {
  const cpus = { ...same([0, 2], little), ...same([1, 3], { capacity: "1024" }) };
  assertEquals(found("0,2", cpus), [[0, "Cortex-A55", 530], [2, "Cortex-A55", 530]]);
});

Deno.test("hostCpus goes by /proc/cpuinfo where sysfs has no midr_el1", () => {
  const cpus = same([0, 1], { capacity: "1024" });
  assertEquals(found("0-1", cpus, cpuinfo("0xd05", "0xd0b")), [
    [0, "Cortex-A55", 1024],
    [1, "Cortex-A76", 1024],
  ]);
});

Deno.test("hostCpus knows no kinds on a host that has none", () => {
  const x86 = "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel\t\t: 85\n";
  assertEquals(found("0", {}, x86), [[0, undefined, undefined]]);
  assertEquals(found("0", {}), [[0, undefined, undefined]]);
});

Deno.test("hostCpus finds no fault with files that make no sense", () => {
  const cpus = { 0: { midr: "", capacity: "lots" }, 1: { midr: "0xzz", capacity: "-1" } };
  assertEquals(found("0-1", cpus), [[0, undefined, undefined], [1, undefined, undefined]]);
});

Deno.test("hostCpus gives none where the kernel does not tell", () => {
  assertEquals(found(undefined, {}), []);
});

Deno.test("hostCpus reads this host", () => {
  const ids = hostCpus().map(({ id }) => id);
  assertEquals(getAffinity(0).every((cpu) => ids.includes(cpu)), true);
});

const kinds: [midr: bigint, name: string][] = [
  [0x410f_d034n, "Cortex-A53"],
  [0x412f_d050n, "Cortex-A55"],
  [0x410f_d083n, "Cortex-A72"],
  [0x414f_d0b0n, "Cortex-A76"],
  [0x413f_d0c1n, "Neoverse-N1"],
  [0x611f_0231n, "M1 Firestorm"],
  [0x410f_fff0n, "implementer 0x41, part 0xfff"],
  [0xff0f_0010n, "implementer 0xff, part 0x1"],
];

for (const [midr, name] of kinds) {
  Deno.test(`cpuKindName calls a CPU with MIDR 0x${midr.toString(16)} ${name}`, () => {
    assertEquals(cpuKindName(cpuKind(midr)), name);
  });
}

Deno.test("setAffinity lets this thread run on one CPU, and on those of before again", () => {
  const before = getAffinity(0);
  try {
    setAffinity(0, [before.at(-1)!]);
    assertEquals(getAffinity(0), [before.at(-1)!]);
  } finally {
    setAffinity(0, before);
  }
  assertEquals(getAffinity(0), before);
});

Deno.test("setAffinity says when there is no such CPU", () => {
  const { message } = assertThrows(() => setAffinity(0, [8191]), SystemCallError);
  assertEquals(
    message,
    "sched_setaffinity failed: EINVAL; none of these CPUs is online, or this process may not use them",
  );
});
