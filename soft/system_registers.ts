/**
 * The system registers that the software CPU has (Arm ARM, D17): those of
 * Armv8.0-A at EL1 and EL0 without floating point, performance monitors and GIC.
 * What is not here is UNDEFINED.
 *
 * Bits that the architecture reserves keep what is written to them, which it
 * allows, wherever the Cortex-A76 that Orchid is compared with does so too.
 */

import { registerName, sysReg } from "../kvm/registers.ts";
import type { CpuState } from "./cpu_state.ts";
import { pstate } from "./exceptions.ts";
import { COUNTER_FREQUENCY, type Timer } from "./generic_timer.ts";
import { DCZID_BS, DCZID_DZP, idRegisters, mpidr } from "./id_registers.ts";
import {
  constant,
  extra,
  nothing,
  type RegisterRow,
  special,
  stored,
  UNKNOWN,
} from "./register_row.ts";
import { SystemResult } from "./system_result.ts";

/** Bits of SCTLR_EL1: what SP must be at EL1 and at EL0, and what EL0 may do. */
export const Sctlr = {
  SA: 1n << 3n,
  SA0: 1n << 4n,
  UMA: 1n << 9n,
  DZE: 1n << 14n,
  UCT: 1n << 15n,
  nTWI: 1n << 16n,
  UCI: 1n << 26n,
} as const;

/** SCTLR_EL1 at reset, as KVM sets it. */
const SCTLR_RESET = 0x00c5_0078n;
/** All but the fields of the memory tagging extension. */
const SCTLR_MASK = 0xffff_f01f_ffff_ffffn;

/** Bits of CNTKCTL_EL1 that let EL0 use counters and timers. */
const Cntkctl = { EL0PCTEN: 1n << 0n, EL0VCTEN: 1n << 1n, EL0VTEN: 1n << 8n, EL0PTEN: 1n << 9n };
/** MDSCR_EL1: EL0 is kept from the debug communications channel. */
const MDSCR_TDCC = 1n << 12n;
/** OSLSR_EL1: there is an OS Lock; it is locked. OSLAR_EL1 and KVM's OSLSR_EL1 set the latter. */
const OSLSR_OSLM = 1n << 3n;
const OSLSR_OSLK_SHIFT = 1n;

const VBAR_MASK = ~0x7ffn;
const CSSELR_MASK = 0xfn;
const DBGWVR_MASK = ~3n;
const DAIF_MASK = 0x3c0n;
const NZCV_MASK = 0xf000_0000n;

const changesAddresses = { changes: SystemResult.translation } as const;
const unknown = { reset: UNKNOWN } as const;
const unlisted = { isListed: false } as const;

/** Whether bits that let EL0 do something are all clear. */
function lacks(register: "sctlr_el1" | "cntkctl_el1", bits: bigint): (cpu: CpuState) => boolean {
  return (cpu) => (cpu.stored(register) & bits) === 0n;
}

const translation: readonly RegisterRow[] = [
  stored("sctlr_el1", { mask: SCTLR_MASK, reset: SCTLR_RESET, ...changesAddresses }),
  nothing("actlr_el1"),
  stored("cpacr_el1"),
  stored("ttbr0_el1", { ...unknown, ...changesAddresses }),
  stored("ttbr1_el1", { ...unknown, ...changesAddresses }),
  stored("tcr_el1", changesAddresses),
  stored("mair_el1", { ...unknown, ...changesAddresses }),
  nothing("amair_el1"),
  stored("contextidr_el1"),
];

const exceptions: readonly RegisterRow[] = [
  stored("vbar_el1", { mask: VBAR_MASK }),
  stored("esr_el1", unknown),
  nothing("afsr0_el1"),
  nothing("afsr1_el1"),
  stored("far_el1", unknown),
  stored("par_el1", unknown),
  // No interrupt can be pending.
  constant("isr_el1", 0n, unlisted),
  stored("elr_el1", { ...unlisted, fields: [3, 0, 4, 0, 1] }),
  stored("spsr_el1", { ...unlisted, fields: [3, 0, 4, 0, 0] }),
  special("sp_el0", {
    ...unlisted,
    isAbsent: (cpu) => cpu.spsel === 0,
    read: ({ cpu }) => cpu.bankedSp("sp_el0"),
    write: ({ cpu }, value) => cpu.setBankedSp("sp_el0", value),
  }, [3, 0, 4, 1, 0]),
];

const pstateFields: readonly RegisterRow[] = [
  special("spsel", {
    ...unlisted,
    changes: SystemResult.mode,
    read: ({ cpu }) => BigInt(cpu.spsel),
    write: ({ cpu }, value) => cpu.setMode(cpu.el, Number(value & 1n)),
  }),
  special("currentel", { ...unlisted, read: ({ cpu }) => BigInt(cpu.el) << 2n }, [3, 0, 4, 2, 2]),
  special("nzcv", {
    ...unlisted,
    el0: "rw",
    read: ({ cpu }) => pstate(cpu) & NZCV_MASK,
    write: ({ cpu }, value) => cpu.nzcv = Number(value & NZCV_MASK),
  }, [3, 3, 4, 2, 0]),
  special("daif", {
    ...unlisted,
    el0: "rw",
    isTrapped: lacks("sctlr_el1", Sctlr.UMA),
    changes: SystemResult.mode,
    read: ({ cpu }) => BigInt(cpu.daif),
    write: ({ cpu }, value) => cpu.daif = Number(value & DAIF_MASK),
  }, [3, 3, 4, 2, 1]),
];

const threads: readonly RegisterRow[] = [
  stored("tpidr_el1", unknown),
  stored("tpidr_el0", { ...unknown, el0: "rw" }),
  stored("tpidrro_el0", { ...unknown, el0: "r" }),
];

/** A timer's registers. */
function timerRows(timer: Timer, crm: number, enable: bigint): RegisterRow[] {
  const shared = { el0: "rw", isTrapped: lacks("cntkctl_el1", enable) } as const;
  return [
    special(`${timer}_tval_el0`, {
      ...shared,
      ...unlisted,
      read: (bank) => bank.timer.timerValue(timer),
      write: (bank, value) => bank.timer.setTimerValue(timer, value),
    }, [3, 3, 14, crm, 0]),
    special(`${timer}_ctl_el0`, {
      ...shared,
      reset: 0n,
      read: (bank) => bank.timer.control(timer),
      write: (bank, value) => bank.timer.setControl(timer, value),
    }, [3, 3, 14, crm, 1]),
    stored(`${timer}_cval_el0`, { ...shared, fields: [3, 3, 14, crm, 2] }),
  ];
}

const timers: readonly RegisterRow[] = [
  stored("cntkctl_el1"),
  constant("cntfrq_el0", COUNTER_FREQUENCY, {
    ...unlisted,
    el0: "r",
    isTrapped: lacks("cntkctl_el1", Cntkctl.EL0PCTEN | Cntkctl.EL0VCTEN),
  }),
  special("cntpct_el0", {
    ...unlisted,
    el0: "r",
    isTrapped: lacks("cntkctl_el1", Cntkctl.EL0PCTEN),
    read: ({ timer }) => timer.physicalCount,
  }, [3, 3, 14, 0, 1]),
  special("cntvct_el0", {
    el0: "r",
    isTrapped: lacks("cntkctl_el1", Cntkctl.EL0VCTEN),
    read: ({ timer }) => timer.virtualCount,
  }, [3, 3, 14, 0, 2]),
  ...timerRows("cntp", 2, Cntkctl.EL0PTEN),
  ...timerRows("cntv", 3, Cntkctl.EL0VTEN),
];

/** Registers that ID_AA64DFR0_EL1 promises; no breakpoint ever fires. */
const debug: readonly RegisterRow[] = [
  ...[0, 1].flatMap((n) => [
    extra(`dbgbvr${n}_el1`),
    extra(`dbgbcr${n}_el1`),
    extra(`dbgwvr${n}_el1`, DBGWVR_MASK),
    extra(`dbgwcr${n}_el1`),
  ]),
  nothing("mdccint_el1"),
  stored("mdscr_el1"),
  special("oslar_el1", {
    ...unlisted,
    reset: 0n,
    write: ({ cpu }, value) => cpu.setStored("oslar_el1", value & 1n),
  }),
  special("oslsr_el1", {
    read: ({ cpu }) => OSLSR_OSLM | cpu.stored("oslar_el1") << OSLSR_OSLK_SHIFT,
  }),
  ...["osdtrrx_el1", "osdtrtx_el1", "oseccr_el1", "osdlr_el1", "dbgprcr_el1"]
    .map((name) => nothing(name, unlisted)),
  nothing("dbgclaimset_el1", unlisted),
  nothing("dbgclaimclr_el1", unlisted),
  constant("mdrar_el1", 0n, unlisted),
  constant("dbgauthstatus_el1", 0n, unlisted),
  ...["mdccsr_el0", "dbgdtr_el0", "dbgdtrrx_el0"].map((name): RegisterRow => ({
    ...(name === "mdccsr_el0" ? constant(name, 0n) : nothing(name)),
    ...unlisted,
    el0: name === "mdccsr_el0" ? "r" : "rw",
    isTrapped: (cpu) => (cpu.stored("mdscr_el1") & MDSCR_TDCC) !== 0n,
  })),
];

/** The space of feature registers: 3, 0, 0, 1 to 7, 0 to 7; what is not allocated in it reads as zero (D17.1.3). */
const features: readonly RegisterRow[] = Array.from({ length: 7 * 8 }, (_, i) => {
  const name = registerName(sysReg(3, 0, 0, 1 + (i >> 3), i & 7));
  const fields = [3, 0, 0, 1 + (i >> 3), i & 7] as const;
  return special(name, { read: () => idRegisters[name] ?? 0n }, fields);
});

const identification: readonly RegisterRow[] = [
  ...["midr_el1", "revidr_el1", "aidr_el1", "clidr_el1"].map((name) =>
    constant(name, idRegisters[name] ?? 0n)
  ),
  special("mpidr_el1", {
    read: ({ vcpuId, extra }) => extra.get("mpidr_el1") ?? mpidr(vcpuId),
  }),
  constant("ctr_el0", idRegisters.ctr_el0 ?? 0n, {
    el0: "r",
    isTrapped: lacks("sctlr_el1", Sctlr.UCT),
  }),
  special("dczid_el0", {
    ...unlisted,
    el0: "r",
    read: ({ cpu }) =>
      cpu.el === 0 && lacks("sctlr_el1", Sctlr.DZE)(cpu) ? DCZID_BS | DCZID_DZP : DCZID_BS,
  }),
  constant("ccsidr_el1", 0n, unlisted),
  stored("csselr_el1", { mask: CSSELR_MASK, reset: UNKNOWN & CSSELR_MASK }),
  ...features,
];

/** All of them. */
export const registerRows: readonly RegisterRow[] = [
  ...identification,
  ...translation,
  ...exceptions,
  ...pstateFields,
  ...threads,
  ...timers,
  ...debug,
];

const byEncoding = new Map(registerRows.map((row) => [row.encoding, row]));
const byName = new Map(registerRows.map((row) => [row.name, row]));

/** The register with some op0, op1, CRn, CRm and op2, as {@linkcode RegisterRow.encoding} has them. */
export function findRegister(encoding: number): RegisterRow | undefined {
  return byEncoding.get(encoding);
}

/** The register of a name. */
export function findRegisterByName(name: string): RegisterRow | undefined {
  return byName.get(name);
}
