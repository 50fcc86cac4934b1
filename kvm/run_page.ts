/** The memory that a vCPU shares with the kernel: decodes kvm_run into an exit; the ring of coalesced MMIO is behind it. */

import {
  type Exit,
  type IntrExit,
  KVM_EXIT_ARM_NISV,
  KVM_EXIT_FAIL_ENTRY,
  KVM_EXIT_INTERNAL_ERROR,
  KVM_EXIT_INTR,
  KVM_EXIT_MMIO,
  KVM_EXIT_SYSTEM_EVENT,
  KVM_EXIT_UNKNOWN,
  type MmioExit,
} from "../vm/exit.ts";
import { CoalescedRing } from "./coalesced_ring.ts";
import { libc, pageSize } from "./libc.ts";
import { map, MAP_SHARED, PROT_READ, PROT_WRITE } from "./mapping.ts";
import { kvm_run } from "./structs.ts";
import { KVM_COALESCED_MMIO_PAGE_OFFSET } from "./uapi.ts";

// Where the fields lie, counted in u32 (the page is read as a Uint32Array).
const IMMEDIATE_EXIT = kvm_run.offset.immediate_exit;
const EXIT_REASON = kvm_run.offset.exit_reason / 4;
const MMIO_PHYS_ADDR = kvm_run.offset["exit.mmio.phys_addr"] / 4;
const MMIO_LEN = kvm_run.offset["exit.mmio.len"] / 4;
const MMIO_IS_WRITE = kvm_run.offset["exit.mmio.is_write"] / 4;
const FAIL_REASON = kvm_run.offset["exit.fail_entry.hardware_entry_failure_reason"] / 4;
const FAIL_CPU = kvm_run.offset["exit.fail_entry.cpu"] / 4;
const SUBERROR = kvm_run.offset["exit.internal.suberror"] / 4;
const EVENT_TYPE = kvm_run.offset["exit.system_event.type"] / 4;
const ESR_ISS = kvm_run.offset["exit.arm_nisv.esr_iss"] / 4;
const FAULT_IPA = kvm_run.offset["exit.arm_nisv.fault_ipa"] / 4;

// Known to V8 as a constant, which what is imported is not.
const MMIO = KVM_EXIT_MMIO;

/** A u64 at index `i`, exact up to 2^53 and so for every guest physical address (52 bits at most). */
function u64At(words: Uint32Array, i: number): number {
  const low = words[i]!, high = words[i + 1]!;
  // Most often without arithmetic: its result would be a floating-point number to V8.
  return high === 0 ? low : low + high * 2 ** 32;
}

/**
 * A vCPU's mapping: struct kvm_run and, behind it, the coalesced MMIO ring.
 *
 * It is itself the exit that most exits are, filled anew by {@linkcode decode}:
 * such an exit allocates nothing, and takes the host to few places in memory.
 */
export class RunPage implements MmioExit {
  readonly reason: typeof KVM_EXIT_MMIO = KVM_EXIT_MMIO;
  physAddr = 0;
  len = 0;
  isWrite = false;
  readonly data: DataView<ArrayBuffer>;

  readonly #address: Deno.PointerObject;
  readonly #size: number;
  readonly #run: Uint32Array;
  readonly #bytes: Uint8Array;
  /** Writes that wait; absent where the kernel lets none wait. */
  readonly ring?: CoalescedRing;

  readonly #interrupted: IntrExit = { reason: KVM_EXIT_INTR };

  private constructor(address: Deno.PointerObject, size: number, coalesces: boolean) {
    this.#address = address;
    this.#size = size;
    // One buffer for the life of the mapping; nobody may use it after unmap().
    const memory = Deno.UnsafePointerView.getArrayBuffer(address, size);
    this.#run = new Uint32Array(memory, 0, kvm_run.size / 4);
    this.#bytes = new Uint8Array(memory, 0, kvm_run.size);
    if (coalesces) {
      const at = KVM_COALESCED_MMIO_PAGE_OFFSET * pageSize();
      this.ring = new CoalescedRing(new Uint32Array(memory, at, pageSize() / 4));
    }
    this.data = new DataView(memory, kvm_run.offset["exit.mmio.data"], 8);
  }

  /**
   * Maps a vCPU's shared memory.
   *
   * @param size What KVM_GET_VCPU_MMAP_SIZE said, in bytes.
   * @param coalesces Whether there is a ring behind kvm_run.
   * @throws {SystemCallError} if it cannot be mapped.
   */
  static map(fd: number, size: number, coalesces: boolean): RunPage {
    const protection = PROT_READ | PROT_WRITE;
    const address = map("kvm_run", { size, protection, flags: MAP_SHARED, fd });
    return new RunPage(address, size, coalesces);
  }

  /** Gives the memory back. Nothing of this object may be used afterwards. */
  unmap(): void {
    libc().munmap(this.#address, BigInt(this.#size));
  }

  /** Makes KVM_RUN return before it enters the guest, for as long as this is true. */
  set immediateExit(value: boolean) {
    this.#bytes[IMMEDIATE_EXIT] = Number(value);
  }

  /** What kvm_run says of the last exit. */
  decode(): Exit {
    const run = this.#run;
    if (run[EXIT_REASON] !== MMIO) return this.#decodeOther();
    this.physAddr = u64At(run, MMIO_PHYS_ADDR);
    this.len = run[MMIO_LEN]!;
    // is_write is one byte; the padding behind it says nothing.
    this.isWrite = (run[MMIO_IS_WRITE]! & 0xff) !== 0;
    return this;
  }

  /** As decode, for all but MMIO: apart from it, so that V8 makes small code of what is frequent. */
  #decodeOther(): Exit {
    const run = this.#run;
    const reason = run[EXIT_REASON]!;
    switch (reason) {
      case KVM_EXIT_INTR:
        return this.#interrupted;
      case KVM_EXIT_SYSTEM_EVENT:
        return { reason, type: run[EVENT_TYPE]! };
      case KVM_EXIT_ARM_NISV:
        return { reason, esrIss: run[ESR_ISS]!, faultIpa: u64At(run, FAULT_IPA) };
      case KVM_EXIT_FAIL_ENTRY:
        return {
          reason,
          hardwareEntryFailureReason: BigInt(u64At(run, FAIL_REASON)),
          cpu: run[FAIL_CPU]!,
        };
      case KVM_EXIT_INTERNAL_ERROR:
        return { reason, suberror: run[SUBERROR]! };
      default:
        return { reason: KVM_EXIT_UNKNOWN, exitReason: reason };
    }
  }
}
