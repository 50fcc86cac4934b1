/** The numbers of the flattened device tree format (Devicetree Specification v0.4, chapter 5). */

/** The first four bytes (5.2). */
export const FDT_MAGIC = 0xd00d_feed;
/** The version of the format that is written. */
export const FDT_VERSION = 17;
/** The oldest version whose readers can read it. */
export const FDT_LAST_COMP_VERSION = 16;
/** Ten cells (5.2). */
export const FDT_HEADER_SIZE = 40;
/** Where in the header its fields are that are read, under the specification's names (5.2). */
export const FDT_HEADER = {
  magic: 0x00,
  totalsize: 0x04,
  off_dt_struct: 0x08,
  off_dt_strings: 0x0c,
  off_mem_rsvmap: 0x10,
  version: 0x14,
  last_comp_version: 0x18,
  size_dt_strings: 0x20,
  size_dt_struct: 0x24,
} as const;

// Tokens of the structure block (5.4.1).
export const FDT_BEGIN_NODE = 1;
export const FDT_END_NODE = 2;
export const FDT_PROP = 3;
export const FDT_NOP = 4;
export const FDT_END = 9;

/** What the start of the memory reservation block is a multiple of, in bytes (5.6). */
export const RESERVATION_ALIGNMENT = 8;
/** An address and a size (5.3.2). */
export const RESERVATION_SIZE = 16;
/** What the start of the structure block, and of each token in it, is a multiple of, in bytes (5.4, 5.6). */
export const TOKEN_ALIGNMENT = 4;

/** Memory that the guest is to leave alone (5.3). */
export interface MemoryReservation {
  /** The guest physical address of the first byte. */
  readonly address: bigint;
  /** The length in bytes. */
  readonly size: bigint;
}
