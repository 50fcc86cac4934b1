import { assertEquals } from "@std/assert";
import { setPstate } from "../../soft/exceptions.ts";
import type { StoredRegister } from "../../soft/state.ts";
import { SystemResult } from "../../soft/system.ts";
import { assemble, assemblerTest } from "../toolchain.ts";
import { BareCpu } from "./bare_cpu.ts";

const PC = 0x1000n;
const VECTORS = 0x8000n;
const EL0 = 0x3c0n, EL1t = 0x3c4n, EL1h = 0x3c5n;
const UNDEFINED = 0x0200_0000;

/** All words of these tests, to be compared with the assembler. */
const words = new Map<string, number>();
function word(assembly: string, value: number): number {
  words.set(assembly, value);
  return value;
}

/** A vCPU at PC, in some mode. */
function machineIn(mode: bigint, registers: Partial<Record<StoredRegister, bigint>> = {}): BareCpu {
  const machine = new BareCpu().set({ vbar_el1: VECTORS, ...registers });
  setPstate(machine.cpu, mode);
  machine.cpu.pc = PC;
  return machine;
}

/** The bits that let EL0 use each; ESR_EL1 of the trap without them, as KVM's guests see it. */
const traps: readonly [
  assembly: string,
  word: number,
  register: StoredRegister,
  bit: bigint,
  esr: number,
][] = [
  ["mrs x1, ctr_el0", 0xd53b_0021, "sctlr_el1", 15n, 0x6232_c021],
  ["mrs x1, daif", 0xd53b_4221, "sctlr_el1", 9n, 0x6232_d025],
  ["msr daif, x1", 0xd51b_4221, "sctlr_el1", 9n, 0x6232_d024],
  ["msr daifset, #15", 0xd503_4fdf, "sctlr_el1", 9n, 0x620c_d3fe],
  ["msr daifclr, #2", 0xd503_42ff, "sctlr_el1", 9n, 0x620e_d3e4],
  ["dc zva, x1", 0xd50b_7421, "sctlr_el1", 14n, 0x6212_dc28],
  ["ic ivau, x1", 0xd50b_7521, "sctlr_el1", 26n, 0x6212_dc2a],
  ["dc cvac, x1", 0xd50b_7a21, "sctlr_el1", 26n, 0x6212_dc34],
  ["dc cvau, x1", 0xd50b_7b21, "sctlr_el1", 26n, 0x6212_dc36],
  ["dc civac, x1", 0xd50b_7e21, "sctlr_el1", 26n, 0x6212_dc3c],
  ["wfi", 0xd503_207f, "sctlr_el1", 16n, 0x07e0_0000],
  ["mrs x1, cntfrq_el0", 0xd53b_e001, "cntkctl_el1", 0n, 0x6230_f821],
  ["mrs x1, cntfrq_el0", 0xd53b_e001, "cntkctl_el1", 1n, 0x6230_f821],
  ["mrs x1, cntpct_el0", 0xd53b_e021, "cntkctl_el1", 0n, 0x6232_f821],
  ["mrs x1, cntvct_el0", 0xd53b_e041, "cntkctl_el1", 1n, 0x6234_f821],
  ["mrs x1, cntp_tval_el0", 0xd53b_e201, "cntkctl_el1", 9n, 0x6230_f825],
  ["msr cntp_ctl_el0, x1", 0xd51b_e221, "cntkctl_el1", 9n, 0x6232_f824],
  ["mrs x1, cntp_cval_el0", 0xd53b_e241, "cntkctl_el1", 9n, 0x6234_f825],
  ["msr cntv_tval_el0, x1", 0xd51b_e301, "cntkctl_el1", 8n, 0x6230_f826],
  ["mrs x1, cntv_ctl_el0", 0xd53b_e321, "cntkctl_el1", 8n, 0x6232_f827],
  ["msr cntv_cval_el0, x1", 0xd51b_e341, "cntkctl_el1", 8n, 0x6234_f826],
];
for (const [assembly, value, register, bit, esr] of traps) {
  word(assembly, value);
  const name = `${register} bit ${bit}`;

  Deno.test(`SystemSide.execute traps EL0's ${assembly} unless ${name} is set`, () => {
    const machine = machineIn(EL0, {
      [register]: ~(1n << bit) & (name.includes("cnt") ? 0n : ~0n),
    });
    assertEquals(machine.system.execute(value), SystemResult.mode);
    assertEquals([machine.syndrome, machine.vector], [esr, 0x400]);
    assertEquals(machine.cpu.stored("elr_el1"), PC);
  });

  Deno.test(`SystemSide.execute allows EL0's ${assembly} if ${name} is set`, () => {
    const machine = machineIn(EL0, { [register]: 1n << bit });
    const isZva = machine.system.execute(value) === SystemResult.zeroBlock;
    assertEquals([machine.syndrome, machine.cpu.pc], [undefined, isZva ? PC : PC + 4n]);
  });
}

Deno.test("SystemSide.execute traps EL0's debug channel if MDSCR_EL1.TDCC is set", () => {
  const mrs = word("mrs x1, mdccsr_el0", 0xd533_0101);
  const found = [0n, 1n << 12n].map((mdscr_el1) => {
    const machine = machineIn(EL0, { mdscr_el1 });
    machine.system.execute(mrs);
    return machine.syndrome;
  });
  assertEquals(found, [undefined, 0x6220_c023]);
});

/** What EL0 may not do, and cannot be let do. */
const notForEl0: readonly [assembly: string, word: number][] = [
  ["eret", 0xd69f_03e0],
  ["hvc #0", 0xd400_0002],
  ["smc #0", 0xd400_0003],
  ["mrs x1, sctlr_el1", 0xd538_1001],
  ["mrs x1, midr_el1", 0xd538_0001],
  ["mrs x1, id_aa64pfr0_el1", 0xd538_0401],
  ["msr tpidrro_el0, x1", 0xd51b_d061],
  ["mrs x1, currentel", 0xd538_4241],
  ["mrs x1, spsel", 0xd538_4201],
  ["msr spsel, #1", 0xd500_41bf],
  ["mrs x1, sp_el0", 0xd538_4101],
  ["tlbi vmalle1", 0xd508_871f],
  ["ic iallu", 0xd508_751f],
  ["dc ivac, x1", 0xd508_7621],
  ["at s1e0r, x1", 0xd508_7841],
];
/** What there is not, for anybody. */
const notThere: readonly [assembly: string, word: number][] = [
  ["msr midr_el1, x1", 0xd518_0001],
  ["msr cntvct_el0, x1", 0xd51b_e041],
  ["msr cntfrq_el0, x1", 0xd51b_e001],
  ["mrs x1, oslar_el1", 0xd530_1081],
  ["mrs x1, sp_el1", 0xd53c_4101],
  ["mrs x1, sctlr_el2", 0xd53c_1001],
  ["mrs x1, rvbar_el1", 0xd538_c021],
  ["mrs x1, dbgbvr2_el1", 0xd530_0281],
  ["mrs x1, s3_0_c15_c0_0", 0xd538_f001],
  ["mrs x1, pan", 0xd538_4261],
  ["msr pan, #1", 0xd500_419f],
  ["msr uao, #1", 0xd500_417f],
  ["mrs x1, ssbs", 0xd53b_42c1],
  ["mrs x1, disr_el1", 0xd538_c121],
  ["mrs x1, lorc_el1", 0xd538_a461],
  ["mrs x1, zcr_el1", 0xd538_1201],
  ["mrs x1, pmcr_el0", 0xd53b_9c01],
  ["mrs x1, fpcr", 0xd53b_4401],
  ["mrs x1, icc_iar1_el1", 0xd538_cc01],
  ["cfinv", 0xd500_401f],
  ["dc cvap, x1", 0xd50b_7c21],
  ["at s1e1rp, x1", 0xd508_7901],
  ["at s12e1r, x1", 0xd50c_7881],
  ["tlbi alle1", 0xd50c_879f],
  ["sysl x1, #0, c7, c8, #0", 0xd528_7801],
];
const undefinedCases: readonly [string, bigint, typeof notThere][] = [
  ["EL0", EL0, [...notForEl0, ...notThere]],
  ["EL1", EL1h, notThere],
];
for (const [level, mode, instructions] of undefinedCases) {
  for (const [assembly, value] of instructions) {
    word(assembly, value);
    Deno.test(`SystemSide.execute finds ${assembly} undefined at ${level}`, () => {
      const machine = machineIn(mode, { sctlr_el1: ~0n, cntkctl_el1: ~0n });
      machine.cpu.setX(1, 0x1234n);
      assertEquals(machine.system.execute(value), SystemResult.mode);
      assertEquals([machine.syndrome, machine.cpu.stored("elr_el1")], [UNDEFINED, PC]);
      assertEquals(machine.cpu.x(1), 0x1234n);
    });
  }
}

/** What EL1 does, and what else must be done then. */
const results: readonly [assembly: string, word: number, result: keyof typeof SystemResult][] = [
  ["isb", 0xd503_3fdf, "go"],
  ["wfe", 0xd503_205f, "go"],
  ["wfi", 0xd503_207f, "wait"],
  ["msr daifclr, #2", 0xd503_42ff, "mode"],
  ["msr spsel, #0", 0xd500_40bf, "mode"],
  ["msr sctlr_el1, x1", 0xd518_1001, "translation"],
  ["msr ttbr0_el1, x1", 0xd518_2001, "translation"],
  ["msr tcr_el1, x1", 0xd518_2041, "translation"],
  ["msr mair_el1, x1", 0xd518_a201, "translation"],
  ["mrs x1, ttbr0_el1", 0xd538_2001, "go"],
  ["msr contextidr_el1, x1", 0xd518_d021, "go"],
  ["msr tpidr_el0, x1", 0xd51b_d041, "go"],
  ["dc ivac, x1", 0xd508_7621, "go"],
  ["dc isw, x1", 0xd508_7641, "go"],
  ["dc csw, x1", 0xd508_7a41, "go"],
  ["dc cisw, x1", 0xd508_7e41, "go"],
  ["dc cvau, x1", 0xd50b_7b21, "go"],
  ["ic iallu", 0xd508_751f, "invalidateCode"],
  ["ic ialluis", 0xd508_711f, "invalidateCode"],
  ["ic ivau, x1", 0xd50b_7521, "invalidateCode"],
  ["tlbi vmalle1", 0xd508_871f, "invalidateTlb"],
  ["tlbi vae1, x1", 0xd508_8721, "invalidateTlb"],
  ["tlbi aside1is, x1", 0xd508_8341, "invalidateTlb"],
  ["tlbi vaale1is, x1", 0xd508_83e1, "invalidateTlb"],
];
for (const [assembly, value, result] of results) {
  word(assembly, value);
  Deno.test(`SystemSide.execute answers ${assembly} with "${result}"`, () => {
    const machine = machineIn(EL1h);
    assertEquals(machine.system.execute(value), SystemResult[result]);
    assertEquals(machine.cpu.pc, PC + 4n);
  });
}

Deno.test("SystemSide.execute wraps the PC round at the end of the addresses", () => {
  const machine = machineIn(EL1h);
  machine.cpu.pc = 0xffff_ffff_ffff_fffcn;
  machine.system.execute(word("isb", 0xd503_3fdf));
  assertEquals(machine.cpu.pc, 0n);
});

Deno.test("SystemSide.execute answers SMC as KVM does: not supported", () => {
  const machine = machineIn(EL1h);
  machine.cpu.setX(1, 7n);
  machine.system.execute(word("smc #0", 0xd400_0003));
  assertEquals([machine.cpu.x(0), machine.cpu.x(1)], [0xffff_ffff_ffff_ffffn, 7n]);
  assertEquals(machine.cpu.pc, PC + 4n);
});

Deno.test("SystemSide.execute lets SP_EL0 be named only while SP_EL1 is in use", () => {
  const mrs = word("mrs x1, sp_el0", 0xd538_4101);
  const found = [EL1h, EL1t].map((mode) => {
    const machine = machineIn(mode);
    machine.cpu.setBankedSp("sp_el0", 0x5678n);
    machine.system.execute(mrs);
    return machine.syndrome ?? machine.cpu.x(1);
  });
  assertEquals(found, [0x5678n, UNDEFINED]);
});

Deno.test("SystemSide.execute changes the stack with SPSel", () => {
  const { cpu, system } = machineIn(EL1h);
  cpu.setBankedSp("sp_el0", 0x5000n);
  cpu.setBankedSp("sp_el1", 0x6000n);
  const found = [0xd500_40bf, 0xd500_41bf].map((msr) => {
    system.execute(msr);
    return cpu.sp;
  });
  assertEquals(found, [0x5000n, 0x6000n]);
});

assemblerTest("the words in these tests are what the assembler makes", () => {
  const hex = (value: number) => value.toString(16);
  // The assembler warns that some of these registers cannot be accessed so.
  assertEquals(assemble([...words.keys()]).map(hex), [...words.values()].map(hex));
});
