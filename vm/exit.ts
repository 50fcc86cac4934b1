/** Why a vCPU stopped: KVM's exit reasons, with the fields that `struct kvm_run` has for each. */

/** The reason is not one of these. */
export const KVM_EXIT_UNKNOWN = 0;
/** x86 and others only. */
export const KVM_EXIT_EXCEPTION = 1;
/** x86 only: port I/O. */
export const KVM_EXIT_IO = 2;
/** A hypercall that is forwarded to userspace. */
export const KVM_EXIT_HYPERCALL = 3;
/** A breakpoint, watchpoint or step of KVM_SET_GUEST_DEBUG. */
export const KVM_EXIT_DEBUG = 4;
/** x86 only. */
export const KVM_EXIT_HLT = 5;
/** An access to an address without memory. */
export const KVM_EXIT_MMIO = 6;
/** x86 only. */
export const KVM_EXIT_IRQ_WINDOW_OPEN = 7;
/** x86 only: a triple fault. */
export const KVM_EXIT_SHUTDOWN = 8;
/** The CPU refused to enter the guest. */
export const KVM_EXIT_FAIL_ENTRY = 9;
/** A signal interrupted the run. */
export const KVM_EXIT_INTR = 10;
/** KVM could not go on. */
export const KVM_EXIT_INTERNAL_ERROR = 17;
/** The guest asked for the system to go off or to start again. */
export const KVM_EXIT_SYSTEM_EVENT = 24;
/** An access to an address without memory that the CPU does not describe. */
export const KVM_EXIT_ARM_NISV = 28;

/** Writes that the guest did not stop for. To KVM they are no exit: the number is none of its own. */
export const DEFERRED_WRITES: -1 = -1;

/** PSCI SYSTEM_OFF. */
export const KVM_SYSTEM_EVENT_SHUTDOWN = 1;
/** PSCI SYSTEM_RESET. */
export const KVM_SYSTEM_EVENT_RESET = 2;
/** The guest reported that it crashed. */
export const KVM_SYSTEM_EVENT_CRASH = 3;

/** The guest touched an address without memory, or wrote to a read-only region. */
export interface MmioExit {
  /** Tells the kinds of exits apart. */
  readonly reason: typeof KVM_EXIT_MMIO;
  /** The guest physical address of the first byte. */
  physAddr: number;
  /** What was written, or room for what is read: little-endian from byte 0, `len` bytes of 8. */
  readonly data: DataView<ArrayBufferLike>;
  /** 1, 2, 4 or 8 bytes. */
  len: number;
  /** A store; otherwise a load. */
  isWrite: boolean;
}

/** Writes to one address that waited in the ring of coalesced MMIO; the guest did not stop for them. */
export interface DeferredWrites {
  /** Tells the kinds of exits apart. */
  readonly reason: typeof DEFERRED_WRITES;
  /** The guest physical address of the first byte. */
  physAddr: number;
  /** Among others what each wrote, the oldest first; of 8 bytes, which come one at a time, the low half and the high one. */
  readonly values: Uint32Array;
  /** The index of the first value that its device has not taken. */
  next: number;
  /** The index behind the last one. */
  end: number;
  /** 1, 2, 4 or 8 bytes. */
  len: number;
  /** They are stores. */
  readonly isWrite: true;
}

/** A signal, or the period of `interruptEvery`, ended the run; there is nothing to do for the guest. */
export interface IntrExit {
  /** Tells the kinds of exits apart. */
  readonly reason: typeof KVM_EXIT_INTR;
}

/** The guest asked PSCI to power off or reset the system. */
export interface SystemEventExit {
  /** Tells the kinds of exits apart. */
  readonly reason: typeof KVM_EXIT_SYSTEM_EVENT;
  /** KVM_SYSTEM_EVENT_SHUTDOWN, _RESET, … */
  type: number;
}

/** An MMIO access by an instruction that the CPU does not describe (ldp, stp, writeback forms, SIMD); the PC still points at it. */
export interface ArmNisvExit {
  /** Tells the kinds of exits apart. */
  readonly reason: typeof KVM_EXIT_ARM_NISV;
  /** The instruction specific syndrome of the abort. */
  esrIss: number;
  /** The guest physical address. */
  faultIpa: number;
}

/** The CPU refused to enter the guest. */
export interface FailEntryExit {
  /** Tells the kinds of exits apart. */
  readonly reason: typeof KVM_EXIT_FAIL_ENTRY;
  /** What the hardware said; its meaning depends on the CPU. */
  hardwareEntryFailureReason: bigint;
  /** The host CPU that refused. */
  cpu: number;
}

/** KVM could not go on. */
export interface InternalErrorExit {
  /** Tells the kinds of exits apart. */
  readonly reason: typeof KVM_EXIT_INTERNAL_ERROR;
  /** KVM_INTERNAL_ERROR_EMULATION and others. */
  suberror: number;
}

/** Any other exit reason; its number is in `exitReason`. */
export interface OtherExit {
  /** Tells the kinds of exits apart. */
  readonly reason: typeof KVM_EXIT_UNKNOWN;
  /** KVM_EXIT_… */
  exitReason: number;
}

/** Why a vCPU stopped. */
export type Exit =
  | MmioExit
  | DeferredWrites
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
