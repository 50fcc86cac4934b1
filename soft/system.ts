/** The system instructions: what the instruction table leaves to the host, by instruction word. */

import { at } from "./address_translation.ts";
import type { CpuState } from "./cpu_state.ts";
import {
  ExceptionClass,
  exceptionReturn,
  FSC_EXTERNAL_ABORT,
  illegalState,
  RESET_PSTATE,
  setPstate,
  takeException,
  takeIllegalState,
  takeUndefined,
} from "./exceptions.ts";
import { GenericTimer } from "./generic_timer.ts";
import { AccessKind, type Mmu } from "./mmu.ts";
import { Psci } from "./psci.ts";
import type { RegisterBank, RegisterRow } from "./register_row.ts";
import { State, systemIndex } from "./state.ts";
import { findRegister, findRegisterByName, registerRows, Sctlr } from "./system_registers.ts";
import { findSysInstruction, type SysInstruction } from "./sys_instructions.ts";
import { crm, crn, encoding, isRead, op0, op1, op2, rt, trapSyndrome } from "./system_fields.ts";
import { SystemResult } from "./system_result.ts";

export { SystemResult };

/** What the system side needs of its surroundings. */
export interface SystemHost {
  /** The time for the counters, in nanoseconds. */
  now(): bigint;
  /** The guest asks for the system to go off or start again: KVM_SYSTEM_EVENT_…; the instruction's result is `exit`. */
  systemEvent(type: number): void;
}

// Instruction words (Arm ARM, C4.1.96 to C4.1.98).
const ERET = 0xd69f_03e0;
const EXCEPTION_MASK = 0xffe0_001f;
const HVC = 0xd400_0002;
const SMC = 0xd400_0003;
const SYSTEM_MASK = 0xffc0_0000;
const SYSTEM = 0xd500_0000;
const WFI = 0xd503_207f;

/** op0 of SYS and SYSL; above are registers. */
const OP0_SYS = 1;
const NO_REGISTER = 31;

// With op0 = 0: CRn says what it is.
const CRN_HINT = 2;
const CRN_BARRIER = 3;
const CRN_PSTATE = 4;
/** PSTATE fields of MSR (immediate), as op1 << 3 | op2. */
const PSTATE_SPSEL = 0o05;
const PSTATE_DAIFSET = 0o36;
const PSTATE_DAIFCLR = 0o37;
const DAIF_SHIFT = 6;

/** ISS of a trapped WFI: the condition is "always" (D17.2.37). */
const ISS_WFI = (1 << 24) | (0xe << 20);

const ALL_ONES = 0xffff_ffff_ffff_ffffn;

/** One vCPU's system side. */
export class SystemSide {
  readonly bank: RegisterBank;
  readonly psci: Psci;
  readonly #cpu: CpuState;
  readonly #mmu: Mmu;

  /** @param vcpuId The vCPU's number, for MPIDR_EL1. */
  constructor(cpu: CpuState, mmu: Mmu, host: SystemHost, vcpuId = 0) {
    this.#cpu = cpu;
    this.#mmu = mmu;
    const timer = new GenericTimer(cpu, () => host.now());
    this.bank = { cpu, timer, vcpuId, extra: new Map() };
    this.psci = new Psci(cpu, {
      mpidr: () => findRegisterByName("mpidr_el1")?.read?.(this.bank) ?? 0n,
      systemEvent: (type) => host.systemEvent(type),
    });
    this.reset();
  }

  /** Sets all registers to what they are after KVM_ARM_VCPU_INIT. */
  reset(): void {
    const cpu = this.#cpu;
    cpu.u64.fill(0n, 0, State.SYSTEM / 8 + systemIndex.length);
    cpu.u64[State.EXCLUSIVE_ADDRESS / 8] = ALL_ONES;
    this.bank.extra.clear();
    for (const { reset, write } of registerRows) {
      if (reset !== undefined) write?.(this.bank, reset);
    }
    setPstate(cpu, RESET_PSTATE);
  }

  /**
   * Carries out the instruction at the PC, which moves to where the guest goes
   * on: the next instruction or an exception vector.
   *
   * @param word The instruction.
   * @returns What else the vCPU must do.
   */
  execute(word: number): SystemResult {
    if ((word & SYSTEM_MASK) >>> 0 === SYSTEM) return this.#systemInstruction(word);
    if (this.#cpu.el === 0) return this.#undefined();
    if (word >>> 0 === ERET) return this.#eret();
    switch ((word & EXCEPTION_MASK) >>> 0) {
      case HVC:
        this.#advance();
        return this.psci.call();
      case SMC:
        return this.#smc();
      default:
        return this.#undefined();
    }
  }

  #systemInstruction(word: number): SystemResult {
    const space = op0(word);
    if (space > OP0_SYS) return this.#moveRegister(word);
    if (space === OP0_SYS) return this.#sys(word);
    if (isRead(word) || rt(word) !== NO_REGISTER) return this.#undefined();
    switch (crn(word)) {
      case CRN_HINT:
        return this.#hint(word);
      case CRN_BARRIER:
        return this.#advance();
      case CRN_PSTATE:
        return this.#movePstate(word);
      default:
        return this.#undefined();
    }
  }

  /** WFI. Other hints do nothing: waiting for an event may end at once, and is not trapped then. */
  #hint(word: number): SystemResult {
    if (word >>> 0 !== WFI) return this.#advance();
    const isTrapped = this.#cpu.el === 0 && this.#lacks(Sctlr.nTWI);
    if (isTrapped) return this.#exception(ExceptionClass.wfx, ISS_WFI);
    return this.#advance(SystemResult.wait);
  }

  /** MSR (immediate). */
  #movePstate(word: number): SystemResult {
    const cpu = this.#cpu;
    const field = op1(word) << 3 | op2(word);
    const value = crm(word);
    const isDaif = field === PSTATE_DAIFSET || field === PSTATE_DAIFCLR;
    if (isDaif && cpu.el === 0 && this.#lacks(Sctlr.UMA)) return this.#trap(word);
    if (field === PSTATE_DAIFSET) cpu.daif |= value << DAIF_SHIFT;
    else if (field === PSTATE_DAIFCLR) cpu.daif &= ~(value << DAIF_SHIFT);
    else if (field === PSTATE_SPSEL && cpu.el === 1) cpu.setMode(1, value & 1);
    else return this.#undefined();
    return this.#advance(SystemResult.mode);
  }

  /** MRS and MSR (register). */
  #moveRegister(word: number): SystemResult {
    const reads = isRead(word);
    const row = findRegister(encoding(word));
    if (row === undefined || !this.#exists(row, reads)) return this.#undefined();
    if (this.#cpu.el === 0 && row.isTrapped?.(this.#cpu)) return this.#trap(word);
    if (reads) this.#cpu.setX(rt(word), row.read?.(this.bank) ?? 0n);
    else row.write?.(this.bank, this.#cpu.x(rt(word)));
    return this.#advance(reads ? SystemResult.go : row.changes);
  }

  /** Whether the current exception level may make an access at all. */
  #exists(row: RegisterRow, reads: boolean): boolean {
    if ((reads ? row.read : row.write) === undefined || row.isAbsent?.(this.#cpu)) return false;
    return this.#cpu.el === 1 || row.el0.includes(reads ? "r" : "w");
  }

  /** SYS and SYSL. */
  #sys(word: number): SystemResult {
    const instruction = findSysInstruction(encoding(word));
    if (instruction === undefined || isRead(word)) return this.#undefined();
    if (this.#cpu.el === 0) {
      if (instruction.el0 === undefined) return this.#undefined();
      if (this.#lacks(instruction.el0)) return this.#trap(word);
    }
    if (instruction.at !== undefined) return this.#addressTranslation(instruction.at, word);
    if (instruction.result === SystemResult.zeroBlock) return instruction.result;
    return this.#advance(instruction.result);
  }

  #addressTranslation(
    { access, el }: NonNullable<SysInstruction["at"]>,
    word: number,
  ): SystemResult {
    const cpu = this.#cpu;
    const far = cpu.x(rt(word));
    if (at(cpu, this.#mmu, far, access, el)) return this.#advance();
    return this.#exception(ExceptionClass.dataAbort, FSC_EXTERNAL_ABORT, far);
  }

  #eret(): SystemResult {
    exceptionReturn(this.#cpu);
    this.settleIllegalState();
    return SystemResult.mode;
  }

  /**
   * If PSTATE.IL is set, takes the exception that the next instruction meets,
   * unless fetching it raises one that comes before (D1.3.5.5): that one is left
   * to whoever fetches.
   */
  settleIllegalState(): void {
    const cpu = this.#cpu;
    if (!illegalState(cpu) || (cpu.u32[State.PC / 4]! & 3) !== 0) return;
    const lo = cpu.u32[State.PC / 4]!, hi = cpu.u32[State.PC / 4 + 1]!;
    const physAddr = this.#mmu.translate(hi, lo, AccessKind.execute, cpu.el as 0 | 1);
    if (physAddr >= 0 && this.#mmu.physical.contains(physAddr, 4)) takeIllegalState(cpu);
  }

  /** There is no EL3; KVM answers in its place that the call is not known (handle_smc). */
  #smc(): SystemResult {
    this.#cpu.setX(0, ALL_ONES);
    return this.#advance();
  }

  #lacks(sctlrBit: bigint): boolean {
    return (this.#cpu.stored("sctlr_el1") & sctlrBit) === 0n;
  }

  #advance(result: SystemResult = SystemResult.go): SystemResult {
    this.#cpu.pc = BigInt.asUintN(64, this.#cpu.pc + 4n);
    return result;
  }

  #undefined(): SystemResult {
    takeUndefined(this.#cpu);
    return SystemResult.mode;
  }

  /** The system instruction is not for EL0: an exception that tells which one it was. */
  #trap(word: number): SystemResult {
    return this.#exception(ExceptionClass.systemRegister, trapSyndrome(word));
  }

  #exception(ec: number, iss: number, far?: bigint): SystemResult {
    takeException(this.#cpu, { kind: "sync", ec, iss, far, returnTo: this.#cpu.pc });
    return SystemResult.mode;
  }
}
