/** Tests what a kernel reads in the virt machine's device tree about devices. */

import { assert, assertEquals } from "@std/assert";
import { cells, says, strings, tree, virtioMmio } from "./virt_tree_lookup.ts";

const primeCells = [
  ["pl011", 0x0900_0000, 1, 0x34_1011, ["uartclk", "apb_pclk"]],
  ["pl031", 0x0901_0000, 2, 0x14_1031, ["apb_pclk"]],
  ["pl061", 0x0903_0000, 7, 0x04_1061, ["apb_pclk"]],
] as const;

for (const [name, base, spi, id, clocks] of primeCells) {
  Deno.test(`virtDeviceTree: the ${name} is where it is`, () => {
    const root = tree(), path = `/${name}@${base.toString(16)}`;
    const [clock] = cells(root, "/apb-pclk", "phandle") ?? [];
    assertEquals(strings(root, path, "compatible"), [`arm,${name}`, "arm,primecell"]);
    assertEquals(cells(root, path, "arm,primecell-periphid"), [id]);
    assertEquals(cells(root, path, "reg"), [0, base, 0, 0x1000]);
    assertEquals(cells(root, path, "interrupts"), [0, spi, 4]);
    assertEquals(strings(root, path, "clock-names"), [...clocks]);
    assertEquals(cells(root, path, "clocks"), clocks.map(() => clock ?? 0));
  });
}

Deno.test("virtDeviceTree: the clock of the devices goes at 24 MHz", () => {
  assertEquals(strings(tree(), "/apb-pclk", "compatible"), ["fixed-clock"]);
  assertEquals(cells(tree(), "/apb-pclk", "clock-frequency"), [24_000_000]);
  assertEquals(cells(tree(), "/apb-pclk", "#clock-cells"), [0]);
});

Deno.test("virtDeviceTree: the power key is line 3 of the PL061", () => {
  const root = tree(), pl061 = "/pl061@9030000", key = "/gpio-keys/power-key";
  assert(says(root, pl061, "gpio-controller"));
  assert(says(root, pl061, "interrupt-controller"));
  assertEquals(cells(root, pl061, "#gpio-cells"), [2]);
  assertEquals(cells(root, pl061, "#interrupt-cells"), [2]);
  assertEquals(strings(root, "/gpio-keys", "compatible"), ["gpio-keys"]);
  assertEquals(cells(root, key, "gpios"), [...cells(root, pl061, "phandle") ?? [], 3, 0]);
  assertEquals(cells(root, key, "linux,code"), [116]);
});

Deno.test("virtDeviceTree: virtio devices are there in their order", () => {
  const root = tree({ virtioMmio });
  const [first, second] = ["/virtio_mmio@a000000", "/virtio_mmio@a000200"] as const;
  assertEquals(root.children.slice(-2).map(({ name }) => `/${name}`), [first, second]);
  assertEquals(strings(root, first, "compatible"), ["virtio,mmio"]);
  assertEquals(cells(root, first, "reg"), [0, 0x0a00_0000, 0, 0x200]);
  assertEquals(cells(root, first, "interrupts"), [0, 16, 1]);
  assertEquals(cells(root, second, "interrupts"), [0, 17, 4]);
  assert(says(root, first, "dma-coherent"));
});
