/**
 * Where everything is in the virt machine's guest physical address space: where
 * QEMU's `virt` board has it (hw/arm/virt.c), so that what is written for that
 * board runs here.
 *
 * ```text
 * 0x0000_0996 ┌──────────────────────────┐
 *             │ console                  │ as in the tiny machine
 * 0x0800_0000 ├──────────────────────────┤
 *             │ GIC distributor          │
 * 0x0801_0000 │ GICv2 CPU interface      │ where the host has a GICv2
 * 0x0808_0000 │ GICv3 ITS                │ where the host has a GICv3
 * 0x080a_0000 │ GICv3 redistributors     │ 128 KiB a vCPU
 * 0x0900_0000 ├──────────────────────────┤
 *             │ PL011 UART               │ SPI 1
 * 0x0901_0000 │ PL031 RTC                │ SPI 2
 * 0x0903_0000 │ PL061 GPIO               │ SPI 7; line 3 is the power key
 * 0x0a00_0000 │ virtio-mmio              │ 512 bytes each, SPI 16 + n
 * 0x4000_0000 ├──────────────────────────┤
 *             │ RAM                      │
 *             │   the device tree        │ at the start, 2 MiB at most
 *             │   the kernel             │
 *             │   …                      │
 *             │   the initrd             │ at the end
 *             └──────────────────────────┘
 * ```
 *
 * @module
 */

/** A stretch of guest physical addresses, in bytes. */
export interface Range {
  readonly base: number;
  readonly size: number;
}

/** A device's registers and the shared peripheral interrupt it raises. */
export interface Place extends Range {
  readonly spi: number;
}

export const GIC_DISTRIBUTOR: Range = { base: 0x0800_0000, size: 0x1_0000 };
export const GICV2_CPU_INTERFACE: Range = { base: 0x0801_0000, size: 0x1_0000 };
export const GICV3_ITS: Range = { base: 0x0808_0000, size: 0x2_0000 };
/** Room for 123 vCPUs. */
export const GICV3_REDISTRIBUTORS: Range = { base: 0x080a_0000, size: 0xf6_0000 };
/** What one vCPU takes of it: the frames RD_base and SGI_base (GIC architecture specification, 12.10). */
export const REDISTRIBUTOR_SIZE = 0x2_0000;

export const PL011: Place = { base: 0x0900_0000, size: 0x1000, spi: 1 };
export const PL031: Place = { base: 0x0901_0000, size: 0x1000, spi: 2 };
export const PL061: Place = { base: 0x0903_0000, size: 0x1000, spi: 7 };
/** The PL061's line that the power key pulls. */
export const POWER_KEY_LINE = 3;

export const VIRTIO_MMIO: Range = { base: 0x0a00_0000, size: 0x200 };
export const VIRTIO_MMIO_FIRST_SPI = 16;
/** How many virtio devices there can be. */
export const VIRTIO_MMIO_COUNT = 32;

/** Where RAM starts. */
export const VIRT_RAM_BASE = 0x4000_0000;
/** How much RAM there is unless told otherwise, in bytes. */
export const DEFAULT_VIRT_RAM_SIZE = 512 * 2 ** 20;
// Private peripheral interrupts, by INTID - 16 (Base System Architecture, "PPI assignments").
export const TIMER_SECURE_PPI = 13;
export const TIMER_NONSECURE_PPI = 14;
export const TIMER_VIRTUAL_PPI = 11;
export const TIMER_HYPERVISOR_PPI = 10;
export const PMU_PPI = 7;
/** The INTID of the first private peripheral interrupt. */
export const FIRST_PPI_INTID = 16;
