/** The nodes of the virt machine's device tree that are about interrupts: the GIC, and what is wired to it inside the vCPUs. */

import {
  DeviceTreeError,
  type DeviceTreeNode,
  type DeviceTreeProperty,
  node,
} from "../boot/device_tree.ts";
import { empty, string, u32 } from "../boot/device_tree_values.ts";
import {
  GIC_DISTRIBUTOR,
  GICV2_CPU_INTERFACE,
  GICV3_ITS,
  PMU_PPI,
  type Range,
  TIMER_HYPERVISOR_PPI,
  TIMER_NONSECURE_PPI,
  TIMER_SECURE_PPI,
  TIMER_VIRTUAL_PPI,
} from "./virt_layout.ts";
import {
  at,
  GIC_PHANDLE,
  GIC_PPI,
  interruptController,
  IRQ_TYPE_LEVEL_HIGH,
  reg,
  ROOT_CELLS,
} from "./virt_tree_node.ts";

/** The interrupt controller, as far as a kernel has to know it. */
export type VirtGic =
  | { readonly version: 2 }
  | {
    readonly version: 3;
    /** Where the redistributors are, all vCPUs' together: a region or more. */
    readonly redistributors: readonly Range[];
    /** Whether there is an interrupt translation service. */
    readonly its: boolean;
  };

/** Where a PPI's third cell says which CPUs have it (arm,gic.yaml below); a GICv3 has no such field. */
const GICV2_PPI_CPU_MASK_SHIFT = 8;
/** A bit each in that field, as in the GIC's own registers (GICv2 architecture specification, GICD_ITARGETSR). */
const GICV2_MOST_CPUS = 8;

/**
 * The third cell of the interrupts that each vCPU has for itself.
 *
 * @throws {DeviceTreeError} if a GICv2 is to have more vCPUs than it can.
 */
export function ppiFlags(gic: VirtGic, cpus: number): number {
  if (gic.version === 3) return IRQ_TYPE_LEVEL_HIGH;
  if (cpus > GICV2_MOST_CPUS) {
    throw new DeviceTreeError(`a GICv2 has ${GICV2_MOST_CPUS} CPUs at most, not ${cpus}`);
  }
  return IRQ_TYPE_LEVEL_HIGH | (2 ** cpus - 1) << GICV2_PPI_CPU_MASK_SHIFT;
}

/**
 * The generic timer's node (Linux Documentation/devicetree/bindings/timer/arm,arch_timer.yaml,
 * which has the interrupts in this order).
 *
 * @param flags The third cell of its interrupts.
 */
export function timerNode(flags: number): DeviceTreeNode {
  const ppis = [
    TIMER_SECURE_PPI,
    TIMER_NONSECURE_PPI,
    TIMER_VIRTUAL_PPI,
    TIMER_HYPERVISOR_PPI,
  ];
  return node("timer", [
    ["compatible", string("arm,armv8-timer")],
    ["interrupts", u32(...ppis.flatMap((ppi) => [GIC_PPI, ppi, flags]))],
    ["always-on", empty],
  ]);
}

/**
 * The performance monitoring unit's node (Linux Documentation/devicetree/bindings/arm/pmu.yaml).
 *
 * @param flags The third cell of its interrupt.
 */
export function pmuNode(flags: number): DeviceTreeNode {
  return node("pmu", [
    ["compatible", string("arm,armv8-pmuv3")],
    ["interrupts", u32(GIC_PPI, PMU_PPI, flags)],
  ]);
}

/** The interrupt controller's node. */
export function gicNode(gic: VirtGic): DeviceTreeNode {
  return gic.version === 2 ? gicv2Node() : gicv3Node(gic.redistributors, gic.its);
}

/** Linux Documentation/devicetree/bindings/interrupt-controller/arm,gic.yaml. */
function gicv2Node(): DeviceTreeNode {
  return node(at("intc", GIC_DISTRIBUTOR), [
    ["compatible", string("arm,cortex-a15-gic")],
    ["reg", reg(GIC_DISTRIBUTOR, GICV2_CPU_INTERFACE)],
    ...interruptController(3, GIC_PHANDLE),
    ["#address-cells", u32(0)],
  ]);
}

/** Linux Documentation/devicetree/bindings/interrupt-controller/arm,gic-v3.yaml. */
function gicv3Node(redistributors: readonly Range[], its: boolean): DeviceTreeNode {
  const regions: DeviceTreeProperty[] = redistributors.length > 1
    ? [["#redistributor-regions", u32(redistributors.length)]]
    : [];
  return node(at("intc", GIC_DISTRIBUTOR), [
    ["compatible", string("arm,gic-v3")],
    ["reg", reg(GIC_DISTRIBUTOR, ...redistributors)],
    ...regions,
    ...interruptController(3, GIC_PHANDLE),
    ["#address-cells", u32(ROOT_CELLS)],
    ["#size-cells", u32(ROOT_CELLS)],
    // The ITS's addresses are the root's.
    ["ranges", empty],
  ], its ? [itsNode()] : []);
}

function itsNode(): DeviceTreeNode {
  return node(at("its", GICV3_ITS), [
    ["compatible", string("arm,gic-v3-its")],
    ["reg", reg(GICV3_ITS)],
    ["msi-controller", empty],
    ["#msi-cells", u32(1)],
  ]);
}
