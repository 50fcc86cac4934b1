/** Tests what is read of the host's CPUs, in trees like the kernel's, and pins this thread. */

import { assertEquals, assertThrows } from "@std/assert";
import { cpuKindName } from "../../kvm/cpu_kinds.ts";
import { SystemCallError } from "../../kvm/errno.ts";
import { getAffinity, hostCpus, setAffinity } from "../../kvm/host_cpus.ts";
import { inTempFolder } from "../temp_folder.ts";

/** What is read of a host with this /proc/cpuinfo, and these capacities. */
function found(cpuinfo: string | undefined, capacities: Record<number, string> = {}) {
  return inTempFolder((folder) => {
    for (const [id, capacity] of Object.entries(capacities)) {
      Deno.mkdirSync(`${folder}/cpu${id}`);
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

/** /proc/cpuinfo of an arm64 with CPUs of these parts, by their numbers. */
function cpuinfo(parts: Record<number, string>): string {
  return Object.entries(parts).map(([id, part]) =>
    [
      `processor\t: ${id}`,
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

const A55 = "0xd05";
const A76 = "0xd0b";

Deno.test("hostCpus tells the two kinds of an RK3588 apart", () => {
  const parts = { ...[A55, A55, A55, A55, A76, A76, A76, A76] };
  const capacities = { ...["530", "530", "530", "530", "1024", "1024", "1024", "1024"] };
  assertEquals(found(cpuinfo(parts), capacities), [
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
  assertEquals(found(cpuinfo({ 0: A76, 1: A76 })), [
    [0, "Cortex-A76", undefined],
    [1, "Cortex-A76", undefined],
  ]);
});

Deno.test("hostCpus leaves out CPUs that are offline", () => {
  assertEquals(found(cpuinfo({ 0: A55, 2: A55 }), { 0: "530", 1: "1024", 2: "530" }), [
    [0, "Cortex-A55", 530],
    [2, "Cortex-A55", 530],
  ]);
});

Deno.test("hostCpus knows no kinds on a host that has none", () => {
  const x86 = "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel\t\t: 85\n";
  assertEquals(found(x86), [[0, undefined, undefined]]);
});

Deno.test("hostCpus finds no fault with files that make no sense", () => {
  const text = cpuinfo({ 0: "", 1: "part" }).replaceAll("0x41", "ARM");
  assertEquals(found(text, { 0: "lots", 1: "-1" }), [
    [0, undefined, undefined],
    [1, undefined, undefined],
  ]);
});

Deno.test("hostCpus gives none where the kernel does not tell", () => {
  assertEquals(found(undefined), []);
  assertEquals(found("CPU part\t: 0xd05\n"), []);
});

Deno.test("hostCpus reads this host", () => {
  const ids = hostCpus().map(({ id }) => id);
  assertEquals(getAffinity(0).every((cpu) => ids.includes(cpu)), true);
});

const kinds: [implementer: number, part: number, name: string][] = [
  [0x41, 0xd03, "Cortex-A53"],
  [0x41, 0xd05, "Cortex-A55"],
  [0x41, 0xd08, "Cortex-A72"],
  [0x41, 0xd0b, "Cortex-A76"],
  [0x41, 0xd0c, "Neoverse-N1"],
  [0x61, 0x023, "M1 Firestorm"],
  [0x41, 0xfff, "implementer 0x41, part 0xfff"],
  [0xff, 0x001, "implementer 0xff, part 0x1"],
];

for (const [implementer, part, name] of kinds) {
  Deno.test(`cpuKindName knows ${name}`, () => {
    assertEquals(cpuKindName({ implementer, part }), name);
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
