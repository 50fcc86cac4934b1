/** Why a vCPU stopped: KVM's exit reasons, with the fields that `struct kvm_run` has for each. */

export const KVM_EXIT_UNKNOWN = 0;
export const KVM_EXIT_EXCEPTION = 1;
export const KVM_EXIT_IO = 2;
export const KVM_EXIT_HYPERCALL = 3;
export const KVM_EXIT_DEBUG = 4;
export const KVM_EXIT_HLT = 5;
export const KVM_EXIT_MMIO = 6;
export const KVM_EXIT_IRQ_WINDOW_OPEN = 7;
export const KVM_EXIT_SHUTDOWN = 8;
export const KVM_EXIT_FAIL_ENTRY = 9;
export const KVM_EXIT_INTR = 10;
export const KVM_EXIT_INTERNAL_ERROR = 17;
export const KVM_EXIT_SYSTEM_EVENT = 24;
export const KVM_EXIT_ARM_NISV = 28;

export const KVM_SYSTEM_EVENT_SHUTDOWN = 1;
export const KVM_SYSTEM_EVENT_RESET = 2;
export const KVM_SYSTEM_EVENT_CRASH = 3;

/** The guest touched an address without memory, or wrote to a read-only region. */
export interface MmioExit {
  readonly reason: typeof KVM_EXIT_MMIO;
  /** The guest physical address of the first byte. */
  physAddr: number;
  /** What was written, or room for what is read: little-endian from byte 0, `len` bytes of 8. */
  readonly data: DataView<ArrayBufferLike>;
  /** 1, 2, 4 or 8 bytes. */
  len: number;
  isWrite: boolean;
  /** The write waited in the ring of coalesced MMIO; the guest did not stop for it. */
  readonly deferred: boolean;
}

/** A signal, or the period of `interruptEvery`, ended the run; there is nothing to do for the guest. */
export interface IntrExit {
  readonly reason: typeof KVM_EXIT_INTR;
}

/** The guest asked PSCI to power off or reset the system. */
export interface SystemEventExit {
  readonly reason: typeof KVM_EXIT_SYSTEM_EVENT;
  /** KVM_SYSTEM_EVENT_SHUTDOWN, _RESET, … */
  type: number;
}

/** An MMIO access by an instruction that the CPU does not describe (ldp, stp, writeback forms, SIMD); the PC still points at it. */
export interface ArmNisvExit {
  readonly reason: typeof KVM_EXIT_ARM_NISV;
  /** The instruction specific syndrome of the abort. */
  esrIss: number;
  /** The guest physical address. */
  faultIpa: number;
}

/** The CPU refused to enter the guest. */
export interface FailEntryExit {
  readonly reason: typeof KVM_EXIT_FAIL_ENTRY;
  hardwareEntryFailureReason: bigint;
  cpu: number;
}

/** KVM could not go on. */
export interface InternalErrorExit {
  readonly reason: typeof KVM_EXIT_INTERNAL_ERROR;
  suberror: number;
}

/** Any other exit reason; its number is in `exitReason`. */
export interface OtherExit {
  readonly reason: typeof KVM_EXIT_UNKNOWN;
  exitReason: number;
}

/** Why a vCPU stopped. */
export type Exit =
  | MmioExit
  | IntrExit
  | SystemEventExit
  | ArmNisvExit
  | FailEntryExit
  | InternalErrorExit
  | OtherExit;

const names: Record<number, string> = {
  [KVM_EXIT_UNKNOWN]: "KVM_EXIT_UNKNOWN",
  [KVM_EXIT_EXCEPTION]: "KVM_EXIT_EXCEPTION",
  [KVM_EXIT_IO]: "KVM_EXIT_IO",
  [KVM_EXIT_HYPERCALL]: "KVM_EXIT_HYPERCALL",
  [KVM_EXIT_DEBUG]: "KVM_EXIT_DEBUG",
  [KVM_EXIT_HLT]: "KVM_EXIT_HLT",
  [KVM_EXIT_MMIO]: "KVM_EXIT_MMIO",
  [KVM_EXIT_IRQ_WINDOW_OPEN]: "KVM_EXIT_IRQ_WINDOW_OPEN",
  [KVM_EXIT_SHUTDOWN]: "KVM_EXIT_SHUTDOWN",
  [KVM_EXIT_FAIL_ENTRY]: "KVM_EXIT_FAIL_ENTRY",
  [KVM_EXIT_INTR]: "KVM_EXIT_INTR",
  [KVM_EXIT_INTERNAL_ERROR]: "KVM_EXIT_INTERNAL_ERROR",
  [KVM_EXIT_SYSTEM_EVENT]: "KVM_EXIT_SYSTEM_EVENT",
  [KVM_EXIT_ARM_NISV]: "KVM_EXIT_ARM_NISV",
};

/** An exit reason's uapi name, or its number in words. */
export function exitReasonName(reason: number): string {
  return names[reason] ?? `exit reason ${reason}`;
}
