import { assertEquals, assertThrows } from "@std/assert";
import { registerId, registerName } from "../../kvm/registers.ts";
import { getOneReg, getRegList, OneRegError, setOneReg } from "../../soft/one_reg.ts";
import { BareCpu } from "./bare_cpu.ts";

const get = ({ system }: BareCpu, name: string) => getOneReg(system, registerId(name));
const set = ({ system }: BareCpu, name: string, value: bigint) =>
  setOneReg(system, registerId(name), value);

Deno.test("getRegList has no register twice, and can get and set each", () => {
  const machine = new BareCpu();
  const ids = getRegList();
  assertEquals(new Set(ids).size, ids.length);
  for (const id of ids) setOneReg(machine.system, id, getOneReg(machine.system, id));
});

/** What the tiny machine, a debugger and a snapshot cannot do without. */
const needed = [
  ...["x0", "x30", "sp", "pc", "pstate", "sp_el1", "elr_el1", "spsr_el1", "spsr_fiq"],
  ...["vbar_el1", "sctlr_el1", "ttbr0_el1", "tcr_el1", "mair_el1", "esr_el1", "far_el1"],
  ...["cntv_ctl_el0", "cntv_cval_el0", "cntvct_el0", "mpidr_el1", "midr_el1", "psci_version"],
];
for (const name of needed) {
  Deno.test(`getRegList has ${name}`, () => {
    assertEquals(getRegList().includes(registerId(name)), true);
  });
}

Deno.test("getRegList has no floating point, and nothing that only instructions reach", () => {
  const names = getRegList().map(registerName);
  const others = /^(v\d|fp|nzcv|daif|currentel|isr|dczid|cntfrq|cntpct|cnt._tval)/;
  assertEquals(names.filter((name) => others.test(name)), []);
});

const values: readonly (readonly [name: string, value: bigint])[] = [
  ["x0", 0xffff_ffff_ffff_ffffn],
  ["x30", 5n],
  ["sp", 0x1000n],
  ["sp_el1", 0x2000n],
  ["pc", 0xffff_8000_0000_0001n],
  ["pstate", 0xf000_0144n],
  ["elr_el1", 1n],
  ["spsr_el1", 0xffff_ffffn],
  ["spsr_abt", 2n],
  ["tpidr_el1", 3n],
  ["vbar_el1", 0x8000n],
  ["cntv_cval_el0", 9n],
  ["cntvct_el0", 1n << 40n],
  ["psci_version", 2n],
  ["mpidr_el1", 0x8000_0105n],
];
for (const [name, value] of values) {
  Deno.test(`setOneReg sets ${name}`, () => {
    const machine = new BareCpu();
    set(machine, name, value);
    assertEquals(get(machine, name), value);
  });
}

for (const pstate of [0x3c5n, 0x3c4n, 0x3c0n]) {
  Deno.test(`setOneReg finds both stacks whatever PSTATE is: 0x${pstate.toString(16)}`, () => {
    const machine = new BareCpu();
    set(machine, "sp", 0x1000n);
    set(machine, "sp_el1", 0x2000n);
    set(machine, "pstate", pstate);
    assertEquals([get(machine, "sp"), get(machine, "sp_el1")], [0x1000n, 0x2000n]);
    assertEquals(machine.cpu.sp, pstate === 0x3c5n ? 0x2000n : 0x1000n);
  });
}

Deno.test("setOneReg of cntvct_el0 moves the virtual counter, not the physical one", () => {
  const machine = new BareCpu();
  set(machine, "cntvct_el0", 1000n);
  machine.nanoseconds = 1_000_000n;
  assertEquals(get(machine, "cntvct_el0"), 25_000n);
});

const refused: readonly (readonly [name: string, value: bigint])[] = [
  ["midr_el1", 0x410f_d0b0n],
  ["ctr_el0", 0n],
  ["id_aa64pfr0_el1", 0n],
  ["s3_0_c0_c7_7", 1n],
  ["pstate", 0x3c9n],
  ["pstate", 0x10n],
  ["psci_version", 0x1_0002n],
  ["std_bmap", 1n],
];
for (const [name, value] of refused) {
  Deno.test(`setOneReg refuses 0x${value.toString(16)} for ${name}`, () => {
    const machine = new BareCpu();
    const before = get(machine, name);
    assertThrows(() => set(machine, name, value), OneRegError, name);
    assertEquals(get(machine, name), before);
  });
}

for (const name of ["v0", "v31", "fpsr", "fpcr"]) {
  Deno.test(`getOneReg and setOneReg say that ${name} is not there yet`, () => {
    const machine = new BareCpu();
    assertThrows(() => get(machine, name), OneRegError, "no floating point yet");
    assertThrows(() => set(machine, name, 0n), OneRegError, "no floating point yet");
  });
}

for (const name of ["pmcr_el0", "s3_0_c15_c0_0", "dbgbvr2_el1", "currentel", "ccsidr[0]"]) {
  Deno.test(`getOneReg says that there is no ${name}`, () => {
    const id = name === "currentel" ? registerId("s3_0_c4_c2_2") : registerId(name);
    assertThrows(() => getOneReg(new BareCpu().system, id), OneRegError, "no register");
  });
}
