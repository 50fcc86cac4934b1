/** The virt machine's device tree: what a kernel is told of virt_layout.ts, a function a node. */

import { chosenNode, memoryNode } from "../boot/complete_device_tree.ts";
import { type DeviceTreeNode, type DeviceTreeProperty, node } from "../boot/device_tree.ts";
import { phandle, string, stringlist, u32 } from "../boot/device_tree_values.ts";
import { mpidrAffinity } from "../vm/mpidr.ts";
import { VIRT_RAM_BASE } from "./virt_layout.ts";
import {
  clockNode,
  gpioKeysNode,
  PL011_PATH,
  pl011Node,
  pl031Node,
  pl061Node,
  virtioMmioNode,
  type VirtioMmioPlace,
} from "./virt_tree_devices.ts";
import { gicNode, pmuNode, ppiFlags, timerNode, type VirtGic } from "./virt_tree_gic.ts";
import { GIC_PHANDLE, ROOT_CELLS } from "./virt_tree_node.ts";

/** What a virt machine is like. */
export interface VirtTreeOptions {
  /** The size of RAM in bytes. */
  readonly memory: number;
  /** The number of vCPUs. */
  readonly cpus: number;
  readonly gic: VirtGic;
  /** Whether the vCPUs have a performance monitoring unit; false unless given. */
  readonly pmu?: boolean;
  /** The kernel's command line. */
  readonly bootargs?: string;
  /** The guest physical addresses of the initrd's first byte and of the one behind its last. */
  readonly initrd?: { readonly start: number; readonly end: number };
  /** The virtio devices; none unless given. */
  readonly virtioMmio?: readonly VirtioMmioPlace[];
}

/**
 * Where Linux puts itself follows from this, and without it Linux warns. It is
 * no secret: the same machine has the same tree each time.
 */
const KASLR_SEED = [0x9e37_79b9, 0x7f4a_7c15] as const;

/**
 * The virt machine's device tree. The same options give the same tree.
 *
 * @throws {DeviceTreeError} if a GICv2 is to have more vCPUs than it can.
 */
export function virtDeviceTree(options: VirtTreeOptions): DeviceTreeNode {
  const { memory, cpus, gic, pmu = false, virtioMmio = [] } = options;
  const flags = ppiFlags(gic, cpus);
  return node("", [
    // QEMU's board has this name too, and whoever looks for that board finds this one.
    ["compatible", string("linux,dummy-virt")],
    ["model", string("orchid,virt")],
    ["#address-cells", u32(ROOT_CELLS)],
    ["#size-cells", u32(ROOT_CELLS)],
    ["interrupt-parent", phandle(GIC_PHANDLE)],
  ], [
    chosenNode(
      options,
      node("chosen", [["stdout-path", string(PL011_PATH)], ["kaslr-seed", u32(...KASLR_SEED)]]),
    ),
    memoryNode({ base: VIRT_RAM_BASE, size: memory }, ROOT_CELLS, ROOT_CELLS),
    cpusNode(cpus),
    psciNode(),
    timerNode(flags),
    ...(pmu ? [pmuNode(flags)] : []),
    gicNode(gic),
    clockNode(),
    pl011Node(),
    pl031Node(),
    pl061Node(),
    gpioKeysNode(),
    ...virtioMmio.map(virtioMmioNode),
  ]);
}

/** Linux Documentation/devicetree/bindings/arm/cpus.yaml. */
function cpusNode(count: number): DeviceTreeNode {
  // One cell: no vCPU has a number so high that it would reach Aff3.
  const cells: DeviceTreeProperty[] = [["#address-cells", u32(1)], ["#size-cells", u32(0)]];
  return node("cpus", cells, Array.from({ length: count }, (_, id) => cpuNode(mpidrAffinity(id))));
}

function cpuNode(affinity: number): DeviceTreeNode {
  return node(`cpu@${affinity.toString(16)}`, [
    ["device_type", string("cpu")],
    ["compatible", string("arm,armv8")],
    ["reg", u32(affinity)],
    ["enable-method", string("psci")],
  ]);
}

/** Linux Documentation/devicetree/bindings/arm/psci.yaml. */
function psciNode(): DeviceTreeNode {
  return node("psci", [
    ["compatible", stringlist("arm,psci-1.0", "arm,psci-0.2")],
    ["method", string("hvc")],
  ]);
}
