/** What else the vCPU must do after an instruction of the system side. */

/** The PC has been set already, in every case but the last. */
export const SystemResult = {
  /** Nothing: go on at the PC. */
  go: 0,
  /** PSTATE has changed, by an exception, a return or a write: another exception level perhaps, other masks. */
  mode: 1,
  /** SCTLR_EL1, TCR_EL1, TTBRn_EL1 or MAIR_EL1 has changed: addresses may lead elsewhere. */
  translation: 2,
  /** TLBI: translations of addresses must be forgotten. */
  invalidateTlb: 3,
  /** IC: code may have changed. */
  invalidateCode: 4,
  /** WFI, or PSCI's CPU_SUSPEND: wait for an interrupt. */
  wait: 5,
  /** PSCI's CPU_OFF: this vCPU does not go on until another turns it on. */
  off: 6,
  /** A system event has been handed to the host: leave the guest. */
  exit: 7,
  /** DC ZVA that is allowed: zero the block at the register's address. The PC is still at the instruction. */
  zeroBlock: 8,
} as const;
/** One of {@linkcode SystemResult}. */
export type SystemResult = typeof SystemResult[keyof typeof SystemResult];
