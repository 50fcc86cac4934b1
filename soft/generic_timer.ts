/** The Generic Timer of one vCPU (Arm ARM, D11): the counters, and the EL1 physical and virtual timers. */

import type { CpuState } from "./cpu_state.ts";

/** CNTFRQ_EL0: 24 MHz, as the RK3588 has it. */
export const COUNTER_FREQUENCY = 24_000_000n;
const NANOSECONDS = 1_000_000_000n;

// CNTP_CTL_EL0 and CNTV_CTL_EL0.
const CTL_ENABLE = 1n << 0n;
const CTL_WRITABLE = 0b11n;
const CTL_ISTATUS = 1n << 2n;

/** Which of the two timers. */
export type Timer = "cntp" | "cntv";

/** Counts host time. */
export class GenericTimer {
  readonly #cpu: CpuState;
  readonly #now: () => bigint;
  /** CNTVOFF_EL2: KVM starts the virtual count at zero. */
  #virtualOffset = 0n;

  /** @param now The time in nanoseconds. */
  constructor(cpu: CpuState, now: () => bigint) {
    this.#cpu = cpu;
    this.#now = now;
    this.virtualCount = 0n;
  }

  /** CNTPCT_EL0. */
  get physicalCount(): bigint {
    return BigInt.asUintN(64, this.#now() * COUNTER_FREQUENCY / NANOSECONDS);
  }

  /** CNTVCT_EL0; the host may set it. */
  get virtualCount(): bigint {
    return BigInt.asUintN(64, this.physicalCount - this.#virtualOffset);
  }

  set virtualCount(value: bigint) {
    this.#virtualOffset = this.physicalCount - value;
  }

  /** CNTx_CTL_EL0, with ISTATUS: the condition is met, masked or not. */
  control(timer: Timer): bigint {
    const control = this.#cpu.stored(`${timer}_ctl_el0`) & CTL_WRITABLE;
    const isMet = this.#count(timer) >= this.#compareValue(timer);
    return (control & CTL_ENABLE) !== 0n && isMet ? control | CTL_ISTATUS : control;
  }

  setControl(timer: Timer, value: bigint): void {
    this.#cpu.setStored(`${timer}_ctl_el0`, value & CTL_WRITABLE);
  }

  /** CNTx_TVAL_EL0: how far off the compare value is, in 32 bits. */
  timerValue(timer: Timer): bigint {
    return BigInt.asUintN(32, this.#compareValue(timer) - this.#count(timer));
  }

  setTimerValue(timer: Timer, value: bigint): void {
    const compare = this.#count(timer) + BigInt.asIntN(32, value);
    this.#cpu.setStored(`${timer}_cval_el0`, BigInt.asUintN(64, compare));
  }

  #count(timer: Timer): bigint {
    return timer === "cntp" ? this.physicalCount : this.virtualCount;
  }

  #compareValue(timer: Timer): bigint {
    return this.#cpu.stored(`${timer}_cval_el0`);
  }
}
