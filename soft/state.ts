/**
 * Where a vCPU's state lies in WebAssembly memory: behind the guest's, so that
 * translated code reaches both with the same base.
 *
 * ```text
 * 0x00000 ┌───────────────────────────────────────────┐
 *         │ X0 … X30, current SP, PC, flags, scratch   │
 * 0x00400 │ system registers, 8 bytes each             │
 * 0x01000 ├───────────────────────────────────────────┤
 *         │ (spare)                                    │
 * 0x10000 │ TLB of EL1: 1024 entries of 32 bytes        │
 * 0x18000 │ TLB of EL0                                 │
 * 0x20000 │ jump cache of EL1: 4096 entries of 16 bytes │
 * 0x30000 │ jump cache of EL0                           │
 * 0x40000 └───────────────────────────────────────────┘
 * ```
 *
 * @module
 */

/** Byte offsets from the start of a vCPU's state. */
export const State = {
  /** X0 to X30, 8 bytes each; behind them the current stack pointer, as register 31. */
  X: 0x000,
  SP: 0x0f8,
  PC: 0x100,
  /** i64 each, and an i32: what the flags come from (see flags.ts). */
  FLAGS_A: 0x108,
  FLAGS_B: 0x110,
  FLAGS: 0x118,
  /** i32: translated code must return to the dispatcher. */
  STOP: 0x120,
  /** i32: the exception level, 0 or 1. */
  EL: 0x124,
  /** i32: PSTATE.SP, which stack pointer EL1 uses. */
  SPSEL: 0x128,
  /** i32: PSTATE.DAIF in bits 9:6. */
  DAIF: 0x12c,
  /** i64: the virtual address of the access that translated code asks the host to make. */
  ADDRESS: 0x130,
  /** i64 each: what such an access stores, compares with, or gives back. */
  VALUE0: 0x138,
  VALUE1: 0x140,
  VALUE2: 0x148,
  VALUE3: 0x150,
  /** i64 each: the watched address (all ones: none), and what was there. */
  EXCLUSIVE_ADDRESS: 0x158,
  EXCLUSIVE_VALUE0: 0x160,
  EXCLUSIVE_VALUE1: 0x168,
  /** i32: PSTATE.IL. */
  IL: 0x3fc,
  /** i64: the stack pointer that is not the current one is in SP_EL0 or SP_EL1 (system registers below). */
  SYSTEM: 0x400,
} as const;

/** Registers of the system side that are stored, by their place behind State.SYSTEM. */
export const systemIndex = [
  "sp_el0",
  "sp_el1",
  "elr_el1",
  "spsr_el1",
  "sctlr_el1",
  "actlr_el1",
  "cpacr_el1",
  "ttbr0_el1",
  "ttbr1_el1",
  "tcr_el1",
  "esr_el1",
  "afsr0_el1",
  "afsr1_el1",
  "far_el1",
  "par_el1",
  "mair_el1",
  "amair_el1",
  "vbar_el1",
  "contextidr_el1",
  "tpidr_el1",
  "tpidr_el0",
  "tpidrro_el0",
  "cntkctl_el1",
  "cntv_ctl_el0",
  "cntv_cval_el0",
  "cntp_ctl_el0",
  "cntp_cval_el0",
  "csselr_el1",
  "mdscr_el1",
  "oslar_el1",
  "osdlr_el1",
  "spsr_abt",
  "spsr_und",
  "spsr_irq",
  "spsr_fiq",
] as const;

/** A register that is stored behind State.SYSTEM. */
export type StoredRegister = typeof systemIndex[number];

const places = Object.fromEntries(systemIndex.map((name, i) => [name, i])) as Record<
  StoredRegister,
  number
>;

/** The place of a stored register, as `Ops.systemRegister` takes it. */
export function storedIndex(name: StoredRegister): number {
  return places[name];
}

/** Entries of each TLB, and the bytes of an entry. */
export const TLB_ENTRIES = 1024;
export const TLB_ENTRY_SIZE = 32;
/** In a TLB entry: the page's virtual address if loads may go there, i64; all ones if not. */
export const TLB_READ_TAG = 0;
/** In a TLB entry: the same for stores. */
export const TLB_WRITE_TAG = 8;
/** In a TLB entry: what to add to the low half of the virtual address to get an offset in WebAssembly memory, i32. */
export const TLB_ADDEND = 16;
/** Offsets of the TLBs, by exception level. */
export const TLB_OFFSET = [0x1_8000, 0x1_0000] as const;

/** Entries of the jump cache, and the bytes of an entry: the virtual address of code, i64, and its slot in the function table, i32. */
export const JUMP_ENTRIES = 4096;
export const JUMP_ENTRY_SIZE = 16;
export const JUMP_SLOT = 8;
/** Offsets of the jump caches, by exception level. */
export const JUMP_OFFSET = [0x3_0000, 0x2_0000] as const;

/** The size of a vCPU's state in bytes. */
export const STATE_SIZE = 0x4_0000;
