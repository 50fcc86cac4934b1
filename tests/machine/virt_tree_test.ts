/** Tests what a kernel reads in the virt machine's device tree about itself, memory and CPUs. */

import { assert, assertEquals } from "@std/assert";
import { chosenNode, memoryNode } from "../../boot/complete_device_tree.ts";
import { nodeAt } from "../../boot/device_tree.ts";
import { VIRT_RAM_BASE } from "../../machine/virt_layout.ts";
import { cells, strings, tree } from "./virt_tree_lookup.ts";

Deno.test("virtDeviceTree: the root says what the machine is", () => {
  const root = tree();
  assertEquals(strings(root, "/", "compatible"), ["linux,dummy-virt"]);
  assertEquals(strings(root, "/", "model"), ["orchid,virt"]);
  assertEquals(cells(root, "/", "#address-cells"), [2]);
  assertEquals(cells(root, "/", "#size-cells"), [2]);
  assertEquals(cells(root, "/", "interrupt-parent"), cells(root, "/intc@8000000", "phandle"));
});

Deno.test("virtDeviceTree: /chosen has the console, and nothing that is not given", () => {
  const chosen = nodeAt(tree(), "/chosen");
  assertEquals(chosen?.properties.map(([name]) => name), ["stdout-path", "kaslr-seed"]);
  assertEquals(strings(tree(), "/chosen", "stdout-path"), ["/pl011@9000000"]);
  assert(nodeAt(tree(), "/pl011@9000000") !== undefined);
});

Deno.test("virtDeviceTree: /chosen has the command line and the initrd", () => {
  const initrd = { start: 0x5f00_0000, end: 0x1_0000_0000 };
  const root = tree({ bootargs: "console=ttyAMA0", initrd });
  assertEquals(strings(root, "/chosen", "bootargs"), ["console=ttyAMA0"]);
  assertEquals(cells(root, "/chosen", "linux,initrd-start"), [0, 0x5f00_0000]);
  assertEquals(cells(root, "/chosen", "linux,initrd-end"), [1, 0]);
  const chosen = nodeAt(root, "/chosen");
  assertEquals(chosenNode({ bootargs: "console=ttyAMA0", initrd }, chosen), chosen);
});

Deno.test("virtDeviceTree: memory is all of RAM", () => {
  const root = tree({ memory: 3 * 2 ** 32 });
  assertEquals(strings(root, "/memory@40000000", "device_type"), ["memory"]);
  assertEquals(cells(root, "/memory@40000000", "reg"), [0, 0x4000_0000, 3, 0]);
  assertEquals(
    nodeAt(root, "/memory@40000000"),
    memoryNode({ base: VIRT_RAM_BASE, size: 3 * 2 ** 32 }, 2, 2),
  );
});

Deno.test("virtDeviceTree: CPUs have the affinity that KVM gives them", () => {
  const root = tree({ cpus: 18 });
  assertEquals(cells(root, "/cpus", "#address-cells"), [1]);
  assertEquals(cells(root, "/cpus", "#size-cells"), [0]);
  assertEquals(
    nodeAt(root, "/cpus")?.children.map(({ name }) => name),
    [..."0123456789abcdef"].map((id) => `cpu@${id}`).concat("cpu@100", "cpu@101"),
  );
  assertEquals(cells(root, "/cpus/cpu@f", "reg"), [0xf]);
  assertEquals(cells(root, "/cpus/cpu@101", "reg"), [0x101]);
  assertEquals(strings(root, "/cpus/cpu@101", "device_type"), ["cpu"]);
  assertEquals(strings(root, "/cpus/cpu@101", "compatible"), ["arm,armv8"]);
  assertEquals(strings(root, "/cpus/cpu@101", "enable-method"), ["psci"]);
});

Deno.test("virtDeviceTree: PSCI is called by HVC", () => {
  assertEquals(strings(tree(), "/psci", "compatible"), ["arm,psci-1.0", "arm,psci-0.2"]);
  assertEquals(strings(tree(), "/psci", "method"), ["hvc"]);
});
