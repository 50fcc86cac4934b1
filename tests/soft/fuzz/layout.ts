/**
 * Where everything is in the guest that compares (driver.s), and what its records look like.
 *
 * ```text
 * physical                                    seen by the cases (TTBR0)
 * 0x1_0000 ┌──────────────────────────────┐
 *          │ driver.bin, with its vectors │   at the same address, read-only
 * 0x1_1000 │ parameters                   │
 * 0x1_2000 │ translation tables           │
 * 0x2_4000 │ pattern: what writable       │
 *          │ scratch pages start with     │
 * 0x2_8000 │ scratch pages                │   see SCRATCH
 * 0x3_0000 │ code: a slot for each case   │   at the same address, for EL0 and EL1, read-only
 *          │ inputs: a record each        │
 *          │ outputs: a record each       │
 *          └──────────────────────────────┘
 * ```
 *
 * The driver itself runs and works high up (TTBR1), where cases do not come.
 *
 * @module
 */

import { RAM_BASE } from "../../../machine/layout.ts";

export const PAGE = 0x1000;

export const DRIVER = RAM_BASE;
export const PARAMETERS = 0x1_1000;
export const TABLES = 0x1_2000;
export const PATTERN = 0x2_4000;
export const SCRATCH_PAGES = 0x2_8000;
export const CODE = 0x3_0000;

/** What the driver adds to a physical address to reach it. */
export const HIGH = 0xffff_a5a5_8000_0000n;

/** Of a slot of code, in instructions: no multiple of a page, so that some slots lie in two. */
export const SLOT_WORDS = 30;
export const SLOT_SIZE = SLOT_WORDS * 4;
/** The slots of an image. */
export const SLOTS = 2000;

/** What ends a sequence: `svc #0xfeed`. */
export const END = (0xd400_0001 | 0xfeed << 5) >>> 0;

/** The parameters of the driver, by their place among them; driver.s names them too. */
export const parameters = [
  "mair",
  "tcr",
  "ttbr0",
  "ttbr1",
  "sctlr",
  /** Where the driver goes on with the MMU on. */
  "high",
  /** The next case's records, and how many cases are left. */
  "input",
  "output",
  "left",
  "pattern",
  "scratch",
  "scratchSize",
  /** How often all cases are to be run again, and how many they are. */
  "passes",
  "count",
] as const;

/** An input record, 8 bytes each, behind X0 to X30. */
export const inputFields = [
  "sp_el0",
  "sp_el1",
  "spsr_el1",
  "elr_el1",
  "sctlr_el1",
  "tcr_el1",
  "tpidr_el0",
  "tpidrro_el0",
] as const;
export const INPUT_SIZE = 0x140;

/** An output record, 8 bytes each, behind X0 to X30. */
export const outputFields = [
  "sp_el0",
  "sp_el1",
  "spsr_el1",
  "elr_el1",
  "esr_el1",
  "far_el1",
  /** The offset of the vector that the case ended at. */
  "vector",
  "tpidr_el0",
  "tpidr_el1",
  "par_el1",
  "contextidr_el1",
  /** A checksum of the writable scratch pages. */
  "scratch",
] as const;
export const OUTPUT_SIZE = 0x180;
/** X0 to X30. */
export const REGISTERS = 31;

export type OutputField = typeof outputFields[number];

/** The address of a slot of code. */
export function slotAddress(slot: number): number {
  return CODE + slot * SLOT_SIZE;
}

/** Rounds up to whole pages. */
export function wholePages(bytes: number): number {
  return Math.ceil(bytes / PAGE) * PAGE;
}
