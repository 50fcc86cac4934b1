/** A vCPU's registers under KVM's IDs: KVM_GET_ONE_REG, KVM_SET_ONE_REG and KVM_GET_REG_LIST for the software CPU. */

import { registerId, registerName } from "../kvm/registers.ts";
import { OrchidError } from "../vm/error.ts";
import type { CpuState } from "./cpu_state.ts";
import { isPstate, pstate, setPstate } from "./exceptions.ts";
import { psciVersions } from "./psci.ts";
import type { RegisterRow } from "./register_row.ts";
import type { StoredRegister } from "./state.ts";
import type { SystemSide } from "./system.ts";
import { findRegisterByName, registerRows } from "./system_registers.ts";

/** A register that the software CPU has not, or a value that it does not take. */
export class OneRegError extends OrchidError {}

/** A register that is not a system register to KVM. */
interface CoreRegister {
  read(system: SystemSide): bigint;
  /** @returns Whether the register takes the value. */
  write(system: SystemSide, value: bigint): boolean;
}

/** A core register of the vCPU's state. */
function core(
  read: (cpu: CpuState) => bigint,
  write: (cpu: CpuState, value: bigint) => void,
  takes: (value: bigint) => boolean = () => true,
): CoreRegister {
  return {
    read: ({ bank }) => read(bank.cpu),
    write: ({ bank }, value) => {
      if (!takes(value)) return false;
      write(bank.cpu, value);
      return true;
    },
  };
}

const storedCore = (name: StoredRegister): [string, CoreRegister] => [
  name,
  core((cpu) => cpu.stored(name), (cpu, value) => cpu.setStored(name, value)),
];

const bankedSp = (bank: "sp_el0" | "sp_el1"): CoreRegister =>
  core((cpu) => cpu.bankedSp(bank), (cpu, value) => cpu.setBankedSp(bank, value));

/** A register that takes no other value than it has. */
const fixed = (value: bigint): CoreRegister => ({
  read: () => value,
  write: (_system, wanted) => wanted === value,
});

const GENERAL_REGISTERS = 31;

const coreRegisters = new Map<string, CoreRegister>([
  ...Array.from({ length: GENERAL_REGISTERS }, (_, n): [string, CoreRegister] => [
    `x${n}`,
    core((cpu) => cpu.x(n), (cpu, value) => cpu.setX(n, value)),
  ]),
  ["sp", bankedSp("sp_el0")],
  ["pc", core((cpu) => cpu.pc, (cpu, value) => cpu.pc = value)],
  ["pstate", core(pstate, setPstate, isPstate)],
  ["sp_el1", bankedSp("sp_el1")],
  storedCore("elr_el1"),
  storedCore("spsr_el1"),
  storedCore("spsr_abt"),
  storedCore("spsr_und"),
  storedCore("spsr_irq"),
  storedCore("spsr_fiq"),
  ["psci_version", {
    read: ({ psci }) => psci.version,
    write: ({ psci }, value) => {
      if (!psciVersions.includes(value)) return false;
      psci.version = value;
      return true;
    },
  }],
  // None of the firmware's other services is there.
  ["smccc_arch_workaround_1", fixed(0n)],
  ["smccc_arch_workaround_2", fixed(0n)],
  ["smccc_arch_workaround_3", fixed(0n)],
  ["std_bmap", fixed(0n)],
  ["std_hyp_bmap", fixed(0n)],
  ["vendor_hyp_bmap", fixed(0n)],
  ["cntvct_el0", {
    read: ({ bank }) => bank.timer.virtualCount,
    write: ({ bank }, value) => {
      bank.timer.virtualCount = value;
      return true;
    },
  }],
  // The kernel lets userspace number its vCPUs.
  ["mpidr_el1", {
    read: ({ bank }) => findRegisterByName("mpidr_el1")?.read?.(bank) ?? 0n,
    write: ({ bank }, value) => {
      bank.extra.set("mpidr_el1", value);
      return true;
    },
  }],
]);

const FLOATING_POINT = /^(v\d+|fpsr|fpcr)$/;

/** A register's value by its KVM register ID. @throws {OneRegError} if there is no such register. */
export function getOneReg(system: SystemSide, id: bigint): bigint {
  const name = registerName(id);
  const register = coreRegisters.get(name);
  if (register !== undefined) return register.read(system);
  return systemRegister(name).read?.(system.bank) ?? 0n;
}

/**
 * Sets a register by its KVM register ID.
 *
 * @throws {OneRegError} if there is no such register, or it does not take the
 * value: one that cannot be changed takes only the value it has.
 */
export function setOneReg(system: SystemSide, id: bigint, value: bigint): void {
  const name = registerName(id);
  const register = coreRegisters.get(name);
  if (register !== undefined) {
    if (!register.write(system, value)) throw refused(name, value);
    return;
  }
  const { read, write } = systemRegister(name);
  if (write !== undefined) write(system.bank, value);
  else if (read?.(system.bank) !== value) throw refused(name, value);
}

/** The IDs of all registers. */
export function getRegList(): bigint[] {
  return [...coreRegisters.keys(), ...listedNames].map(registerId);
}

const listedNames = registerRows
  .filter((row) => row.isListed && !coreRegisters.has(row.name))
  .map((row) => row.name);

function systemRegister(name: string): RegisterRow {
  const row = findRegisterByName(name);
  if (row?.isListed) return row;
  const why = FLOATING_POINT.test(name) ? ": it has no floating point yet" : "";
  throw new OneRegError(`the software CPU has no register ${name}${why}`);
}

function refused(name: string, value: bigint): OneRegError {
  return new OneRegError(`the software CPU does not take 0x${value.toString(16)} for ${name}`);
}
