/** Tests which of the host's CPUs run which vCPU. */

import { assertEquals, assertThrows } from "@std/assert";
import type { HostCpu } from "../../kvm/host_cpus.ts";
import { chooseCpus, CpuChoiceError } from "../../machine/cpu_choice.ts";

/** CPUs of one kind. */
function cpus(kind: string | undefined, ids: number[], capacity?: number): HostCpu[] {
  return ids.map((id) => ({ id, kind, capacity }));
}

const rk3588 = [
  ...cpus("Cortex-A55", [0, 1, 2, 3], 530),
  ...cpus("Cortex-A76", [4, 5, 6, 7], 1024),
];
const phone = [
  ...cpus("Cortex-A55", [0, 1, 2, 3], 300),
  ...cpus("Cortex-A78", [4, 5, 6], 900),
  ...cpus("Cortex-X1", [7], 1024),
];
const alike = cpus("Cortex-A72", [0, 1, 2, 3]);

const note = (count: number, name: string, list: string) =>
  `the host has CPUs of ${count} kinds, and a guest must not move between them: it runs on ` +
  `${name}, CPUs ${list}; choose others with --cpus`;

Deno.test("chooseCpus leaves a host of one kind to the kernel", () => {
  assertEquals(chooseCpus(alike, 2), {});
});

Deno.test("chooseCpus leaves a host that tells nothing to the kernel", () => {
  assertEquals(chooseCpus([], 2), {});
  assertEquals(chooseCpus(cpus(undefined, [0, 1]), 2), {});
});

Deno.test("chooseCpus takes the better kind, and shares it", () => {
  const big = [4, 5, 6, 7];
  assertEquals(chooseCpus(rk3588, 2), { sets: [big, big], note: note(2, "Cortex-A76", "4-7") });
});

const chosen: [what: string, host: HostCpu[], vcpus: number, cpus: number[]][] = [
  ["the best kind for one vCPU", phone, 1, [7]],
  ["the best kind that has a CPU for each vCPU", phone, 2, [4, 5, 6]],
  ["the smallest kind if only that has enough", phone, 4, [0, 1, 2, 3]],
  ["the kind with the most if none has enough", phone, 5, [0, 1, 2, 3]],
  ["the better one of two that have too few", rk3588, 5, [4, 5, 6, 7]],
  [
    "the later CPUs where capacities are unknown",
    [...cpus("Cortex-A53", [0, 1]), ...cpus("Cortex-A72", [2, 3])],
    2,
    [2, 3],
  ],
  [
    "CPUs whose kind is known beside others",
    [...cpus(undefined, [0], 200), ...cpus("Cortex-A72", [1], 1024)],
    1,
    [1],
  ],
];

for (const [what, host, vcpus, expected] of chosen) {
  Deno.test(`chooseCpus takes ${what}`, () => {
    assertEquals(chooseCpus(host, vcpus).sets, Array.from({ length: vcpus }, () => expected));
  });
}

Deno.test("chooseCpus gives each vCPU a CPU of its own, in the order that was asked for", () => {
  assertEquals(chooseCpus(rk3588, 2, [7, 1, 3]), { sets: [[7], [1]] });
  assertEquals(chooseCpus(alike, 4, [3, 2, 1, 0]), { sets: [[3], [2], [1], [0]] });
});

Deno.test("chooseCpus lets vCPUs share CPUs that are too few for them", () => {
  assertEquals(chooseCpus(alike, 3, [2, 3]), { sets: [[2, 3], [2, 3], [2, 3]] });
});

Deno.test("chooseCpus says which CPUs are not there", () => {
  const { message } = assertThrows(() => chooseCpus(alike, 2, [9, 1, 8]), CpuChoiceError);
  assertEquals(message, "the host has no CPU 8-9 that is online; there is: 0-3");
});

Deno.test("chooseCpus believes what was asked for where the host tells nothing", () => {
  assertEquals(chooseCpus([], 1, [5]), { sets: [[5]] });
});
