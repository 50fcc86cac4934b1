/**
 * PSCI and SMCCC as KVM offers them over HVC (Arm DEN 0022 and DEN 0028; Linux
 * arch/arm64/kvm/psci.c and hypercalls.c), for a machine of one vCPU.
 */

import { KVM_SYSTEM_EVENT_RESET, KVM_SYSTEM_EVENT_SHUTDOWN } from "../vm/exit.ts";
import type { CpuState } from "./cpu_state.ts";
import { SystemResult } from "./system_result.ts";

/** Function IDs, by what the call is; bit 30 marks the variant with 64-bit arguments. */
const PsciFunction = {
  version: 0x8400_0000,
  cpuSuspend: 0x8400_0001,
  cpuOff: 0x8400_0002,
  cpuOn: 0x8400_0003,
  affinityInfo: 0x8400_0004,
  migrateInfoType: 0x8400_0006,
  systemOff: 0x8400_0008,
  systemReset: 0x8400_0009,
  features: 0x8400_000a,
  systemReset2: 0x8400_0012,
} as const;
const IS_64_BIT = 0x4000_0000;
/** The functions that have a variant with 64-bit arguments. */
const HAVE_64_BIT: readonly number[] = [
  PsciFunction.cpuSuspend,
  PsciFunction.cpuOn,
  PsciFunction.affinityInfo,
  PsciFunction.systemReset2,
];

const SMCCC_VERSION = 0x8000_0000;
const SMCCC_VERSION_1_1 = 0x1_0001n;

/** What calls return. */
export const PsciReturn = {
  success: 0n,
  notSupported: -1n,
  invalidParameters: -2n,
  alreadyOn: -4n,
  internalFailure: -6n,
} as const;

/** The versions of PSCI that KVM can be. */
export const psciVersions: readonly bigint[] = [0x2n, 0x1_0000n, 0x1_0001n];
const PSCI_1_0 = 0x1_0000n;
const PSCI_1_1 = 0x1_0001n;

/** Trusted OS: none that would have to migrate. */
const TOS_NOT_PRESENT_MP = 2n;
const AFFINITY_ON = 0n;
/** The affinity fields of an MPIDR (MPIDR_HWID_BITMASK), and those from each level up. */
const AFFINITY_MASK = 0xff_00ff_ffffn;
const AFFINITY_FROM_LEVEL = [AFFINITY_MASK, 0xff_00ff_ff00n, 0xff_00ff_0000n, 0xff_0000_0000n];
/** SYSTEM_RESET2: types below this and above 0 are reserved. */
const RESET2_VENDOR_START = 0x8000_0000n;

/** What the calls need to know of the rest. */
export interface PsciHost {
  /** MPIDR_EL1 of the vCPU. */
  mpidr(): bigint;
  /** The guest asks for the system to go off or start again: KVM_SYSTEM_EVENT_…. */
  systemEvent(type: number): void;
}

/** Answers a vCPU's hypercalls. */
export class Psci {
  /** Which version this is (KVM_REG_ARM_PSCI_VERSION). */
  version = PSCI_1_1;
  readonly #cpu: CpuState;
  readonly #host: PsciHost;

  constructor(cpu: CpuState, host: PsciHost) {
    this.#cpu = cpu;
    this.#host = host;
  }

  /** Carries out the call in X0 to X3, and leaves its results there. */
  call(): SystemResult {
    const id = Number(BigInt.asUintN(32, this.#cpu.x(0)));
    const is64 = (id & IS_64_BIT) !== 0;
    const base = (id & ~IS_64_BIT) >>> 0;
    if (is64 && !HAVE_64_BIT.includes(base)) return this.#return(PsciReturn.notSupported);
    if (!is64 && HAVE_64_BIT.includes(base) && base !== PsciFunction.cpuSuspend) this.#narrow();
    switch (base) {
      case SMCCC_VERSION:
        return this.#return(SMCCC_VERSION_1_1);
      case PsciFunction.version:
        return this.#return(this.version);
      case PsciFunction.cpuSuspend:
        return this.#return(PsciReturn.success, SystemResult.wait);
      case PsciFunction.cpuOff:
        return this.#return(PsciReturn.success, SystemResult.off);
      case PsciFunction.cpuOn:
        return this.#return(this.#cpuOn());
      case PsciFunction.affinityInfo:
        return this.#return(this.#affinityInfo());
      case PsciFunction.migrateInfoType:
        return this.#return(TOS_NOT_PRESENT_MP);
      case PsciFunction.systemOff:
        return this.#systemEvent(KVM_SYSTEM_EVENT_SHUTDOWN);
      case PsciFunction.systemReset:
        return this.#systemEvent(KVM_SYSTEM_EVENT_RESET);
      case PsciFunction.features:
        return this.#return(this.#features());
      case PsciFunction.systemReset2:
        return this.#systemReset2();
      default:
        // SMCCC_ARCH_FEATURES too: none of the workarounds is there, nor is any needed.
        return this.#return(PsciReturn.notSupported);
    }
  }

  /** smccc_set_retval: X1 to X3 are results as well. */
  #return(value: bigint, result: SystemResult = SystemResult.go): SystemResult {
    [value, 0n, 0n, 0n].forEach((x, i) => this.#cpu.setX(i, BigInt.asUintN(64, x)));
    return result;
  }

  /** The arguments of a call with 32-bit ones (kvm_psci_narrow_to_32bit). */
  #narrow(): void {
    for (const i of [1, 2, 3]) this.#cpu.setX(i, BigInt.asUintN(32, this.#cpu.x(i)));
  }

  #cpuOn(): bigint {
    const target = this.#cpu.x(1);
    return target === (this.#host.mpidr() & AFFINITY_MASK)
      ? PsciReturn.alreadyOn
      : PsciReturn.invalidParameters;
  }

  #affinityInfo(): bigint {
    const target = this.#cpu.x(1);
    const mask = AFFINITY_FROM_LEVEL[Number(this.#cpu.x(2))];
    if (mask === undefined || (target & ~AFFINITY_MASK) !== 0n) {
      return PsciReturn.invalidParameters;
    }
    const isHere = (target & mask) === (this.#host.mpidr() & mask);
    return isHere ? AFFINITY_ON : PsciReturn.invalidParameters;
  }

  #systemEvent(type: number): SystemResult {
    this.#host.systemEvent(type);
    // Should the vCPU go on, the call has failed.
    return this.#return(PsciReturn.internalFailure, SystemResult.exit);
  }

  #features(): bigint {
    if (this.version < PSCI_1_0) return PsciReturn.notSupported;
    const id = Number(BigInt.asUintN(32, this.#cpu.x(1)));
    if (id === SMCCC_VERSION) return PsciReturn.success;
    const base = (id & ~IS_64_BIT) >>> 0;
    const exists = (Object.values(PsciFunction) as number[]).includes(base) &&
      (id === base || HAVE_64_BIT.includes(base)) &&
      (base !== PsciFunction.systemReset2 || this.version >= PSCI_1_1);
    return exists ? PsciReturn.success : PsciReturn.notSupported;
  }

  #systemReset2(): SystemResult {
    if (this.version < PSCI_1_1) return this.#return(PsciReturn.notSupported);
    const type = BigInt.asUintN(32, this.#cpu.x(1));
    if (type !== 0n && type < RESET2_VENDOR_START) {
      return this.#return(PsciReturn.invalidParameters);
    }
    this.#host.systemEvent(KVM_SYSTEM_EVENT_RESET);
    // Unlike the others, this one leaves X1 to X3 alone (kvm_psci_1_x_call).
    this.#cpu.setX(0, BigInt.asUintN(64, PsciReturn.internalFailure));
    return SystemResult.exit;
  }
}
