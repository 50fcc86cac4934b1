/** Tests what a kernel reads in the virt machine's device tree about interrupts. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { DeviceTreeError, nodeAt } from "../../boot/device_tree.ts";
import { GICV3_REDISTRIBUTORS } from "../../machine/virt_layout.ts";
import { cells, GICV3, MORE_REDISTRIBUTORS, says, strings, tree } from "./virt_tree_lookup.ts";

Deno.test("virtDeviceTree: the timer has its four interrupts", () => {
  const root = tree({ cpus: 4 });
  assertEquals(strings(root, "/timer", "compatible"), ["arm,armv8-timer"]);
  assertEquals(cells(root, "/timer", "interrupts"), [
    ...[1, 13, 4], // secure
    ...[1, 14, 4], // non-secure
    ...[1, 11, 4], // virtual
    ...[1, 10, 4], // hypervisor
  ]);
  assert(says(root, "/timer", "always-on"));
});

Deno.test("virtDeviceTree: with a GICv2 the vCPUs' own interrupts say which vCPUs have them", () => {
  const root = tree({ cpus: 4, pmu: true, gic: { version: 2 } });
  assertEquals(cells(root, "/timer", "interrupts"), [
    ...[1, 13, 0xf04],
    ...[1, 14, 0xf04],
    ...[1, 11, 0xf04],
    ...[1, 10, 0xf04],
  ]);
  assertEquals(cells(root, "/pmu", "interrupts"), [1, 7, 0xf04]);
});

Deno.test("virtDeviceTree: a PMU is there if it is", () => {
  assertEquals(nodeAt(tree(), "/pmu"), undefined);
  const root = tree({ pmu: true });
  assertEquals(strings(root, "/pmu", "compatible"), ["arm,armv8-pmuv3"]);
  assertEquals(cells(root, "/pmu", "interrupts"), [1, 7, 4]);
});

Deno.test("virtDeviceTree: a GICv3 has a distributor, redistributors and an ITS", () => {
  const root = tree();
  assertEquals(strings(root, "/intc@8000000", "compatible"), ["arm,gic-v3"]);
  assertEquals(cells(root, "/intc@8000000", "reg"), [
    ...[0, 0x0800_0000, 0, 0x1_0000],
    ...[0, 0x080a_0000, 0, 0xf6_0000],
  ]);
  assertEquals(cells(root, "/intc@8000000", "#interrupt-cells"), [3]);
  assert(says(root, "/intc@8000000", "interrupt-controller"));
  assertEquals(cells(root, "/intc@8000000", "#redistributor-regions"), undefined);
  assert(says(root, "/intc@8000000", "ranges"));
  assertEquals(strings(root, "/intc@8000000/its@8080000", "compatible"), ["arm,gic-v3-its"]);
  assertEquals(cells(root, "/intc@8000000/its@8080000", "reg"), [0, 0x0808_0000, 0, 0x2_0000]);
  assertEquals(cells(root, "/intc@8000000/its@8080000", "#msi-cells"), [1]);
  assert(says(root, "/intc@8000000/its@8080000", "msi-controller"));
});

Deno.test("virtDeviceTree: a GICv3 has no ITS if it has none", () => {
  assertEquals(nodeAt(tree({ gic: { ...GICV3, its: false } }), "/intc@8000000")?.children, []);
});

Deno.test("virtDeviceTree: a GICv3 has as many regions of redistributors as it needs", () => {
  const redistributors = [GICV3_REDISTRIBUTORS, MORE_REDISTRIBUTORS];
  const root = tree({ gic: { ...GICV3, redistributors } });
  assertEquals(cells(root, "/intc@8000000", "#redistributor-regions"), [2]);
  assertEquals(cells(root, "/intc@8000000", "reg")?.slice(8), [0x40, 0, 0, 0x400_0000]);
});

Deno.test("virtDeviceTree: a GICv2 has a distributor and a CPU interface", () => {
  const root = tree({ gic: { version: 2 } });
  assertEquals(strings(root, "/intc@8000000", "compatible"), ["arm,cortex-a15-gic"]);
  assertEquals(cells(root, "/intc@8000000", "reg"), [
    ...[0, 0x0800_0000, 0, 0x1_0000],
    ...[0, 0x0801_0000, 0, 0x1_0000],
  ]);
  assertEquals(cells(root, "/intc@8000000", "#interrupt-cells"), [3]);
  assertEquals(nodeAt(root, "/intc@8000000")?.children, []);
});

Deno.test("virtDeviceTree refuses a GICv2 with nine vCPUs", () => {
  const error = assertThrows(() => tree({ cpus: 9, gic: { version: 2 } }), DeviceTreeError);
  assertEquals(error.message, "a GICv2 has 8 CPUs at most, not 9");
});
