/** What the nodes of the virt machine's device tree have in common. */

import type { DeviceTreeProperty } from "../boot/device_tree.ts";
import { empty, phandle, u32, u64 } from "../boot/device_tree_values.ts";
import type { Range } from "./virt_layout.ts";

/** The root's `#address-cells` and `#size-cells`. */
export const ROOT_CELLS = 2;

// What nodes call each other by.
export const GIC_PHANDLE = 1;
export const CLOCK_PHANDLE = 2;
export const GPIO_PHANDLE = 3;

// The first cell of an interrupt (Linux Documentation/devicetree/bindings/interrupt-controller/arm,gic-v3.yaml).
export const GIC_SPI = 0;
export const GIC_PPI = 1;

// How an interrupt line says that there is one (Linux include/dt-bindings/interrupt-controller/irq.h).
export const IRQ_TYPE_EDGE_RISING = 1;
export const IRQ_TYPE_LEVEL_HIGH = 4;

/** The properties of a node that takes interrupts. @param cells How many cells describe one of them. */
export function interruptController(cells: number, ownPhandle: number): DeviceTreeProperty[] {
  return [
    ["interrupt-controller", empty],
    ["#interrupt-cells", u32(cells)],
    ["phandle", phandle(ownPhandle)],
  ];
}

/** A node's name with its unit address. */
export function at(name: string, { base }: Range): string {
  return `${name}@${base.toString(16)}`;
}

/** The value of `reg` in a child of the root. */
export function reg(...ranges: readonly Range[]): Uint8Array {
  return u64(...ranges.flatMap(({ base, size }) => [base, size]));
}
