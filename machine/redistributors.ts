/** Where the GICv3 redistributors of a virt machine's vCPUs are. */

import {
  GICV3_REDISTRIBUTORS,
  type Range,
  REDISTRIBUTOR_SIZE,
  VIRT_RAM_BASE,
} from "./virt_layout.ts";

/** Where those go that have no room below RAM, unless RAM reaches there: as on QEMU's board. */
const HIGH_REDISTRIBUTORS = 0x40_0000_0000;

/** One region, or two where there are more vCPUs than have room in the first. */
export function redistributorRegions(vcpus: number, ramSize: number): Range[] {
  const { base, size } = GICV3_REDISTRIBUTORS;
  const low = Math.min(vcpus * REDISTRIBUTOR_SIZE, size);
  const high = vcpus * REDISTRIBUTOR_SIZE - low;
  if (high === 0) return [{ base, size: low }];
  const behindRam = Math.max(HIGH_REDISTRIBUTORS, VIRT_RAM_BASE + ramSize);
  const aligned = Math.ceil(behindRam / REDISTRIBUTOR_SIZE) * REDISTRIBUTOR_SIZE;
  return [{ base, size: low }, { base: aligned, size: high }];
}
