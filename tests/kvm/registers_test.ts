/** Tests register IDs against the kernel's header and documented literals, and their names. */

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  ccsidrReg,
  coreReg,
  firmwareBitmapReg,
  firmwareReg,
  registerId,
  registerName,
  RegisterNameError,
  registerSize,
  sysReg,
  sysRegFields,
} from "../../kvm/registers.ts";
import { systemRegisters } from "../../kvm/system_registers.ts";
import { type Expectation, wrongExpectations } from "../c_assertions.ts";
import { headerTest } from "../toolchain.ts";

/** The ID of the core register at a member of struct kvm_regs, in C. */
const core = (bits: number, member: string) =>
  `KVM_REG_ARM64 | KVM_REG_SIZE_U${bits} | KVM_REG_ARM_CORE | KVM_REG_ARM_CORE_REG(${member})`;

/** The core registers by name, with their IDs in C. */
const coreInC: Record<string, string> = {
  sp: core(64, "regs.sp"),
  pc: core(64, "regs.pc"),
  pstate: core(64, "regs.pstate"),
  sp_el1: core(64, "sp_el1"),
  elr_el1: core(64, "elr_el1"),
  spsr_el1: core(64, "spsr[KVM_SPSR_EL1]"),
  spsr_abt: core(64, "spsr[KVM_SPSR_ABT]"),
  spsr_und: core(64, "spsr[KVM_SPSR_UND]"),
  spsr_irq: core(64, "spsr[KVM_SPSR_IRQ]"),
  spsr_fiq: core(64, "spsr[KVM_SPSR_FIQ]"),
  fpsr: core(32, "fp_regs.fpsr"),
  fpcr: core(32, "fp_regs.fpcr"),
};
for (let i = 0; i < 31; i++) coreInC[`x${i}`] = core(64, `regs.regs[${i}]`);
for (let i = 0; i < 32; i++) coreInC[`v${i}`] = core(128, `fp_regs.vregs[${i}]`);

const timersInC: Record<string, string> = {
  cntv_ctl_el0: "KVM_REG_ARM_TIMER_CTL",
  cntv_cval_el0: "KVM_REG_ARM_TIMER_CVAL",
  cntvct_el0: "KVM_REG_ARM_TIMER_CNT",
  cntp_ctl_el0: "KVM_REG_ARM_PTIMER_CTL",
  cntp_cval_el0: "KVM_REG_ARM_PTIMER_CVAL",
  cntpct_el0: "KVM_REG_ARM_PTIMER_CNT",
};

const firmwareInC: Record<string, string> = {
  psci_version: "KVM_REG_ARM_PSCI_VERSION",
  smccc_arch_workaround_1: "KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1",
  smccc_arch_workaround_2: "KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2",
  smccc_arch_workaround_3: "KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3",
  std_bmap: "KVM_REG_ARM_STD_BMAP",
  std_hyp_bmap: "KVM_REG_ARM_STD_HYP_BMAP",
  vendor_hyp_bmap: "KVM_REG_ARM_VENDOR_HYP_BMAP",
};

const families = { core: coreInC, timer: timersInC, firmware: firmwareInC };
for (const [family, inC] of Object.entries(families)) {
  headerTest(`registerId gives each ${family} register the ID of asm/kvm.h`, () => {
    const expected = Object.entries(inC).map(([name, c]): Expectation => [c, registerId(name)]);
    assertEquals(wrongExpectations(expected), "");
  });
}

headerTest("registerId gives each system register the ID that ARM64_SYS_REG gives", () => {
  const expected = Object.entries(systemRegisters()).map(([name, fields]): Expectation => [
    `ARM64_SYS_REG(${fields.join(", ")})`,
    registerId(name),
  ]);
  assertEquals(wrongExpectations(expected), "");
});

headerTest("ccsidrReg gives the ID of asm/kvm.h", () => {
  const inC = "KVM_REG_ARM64 | KVM_REG_SIZE_U32 | KVM_REG_ARM_DEMUX | KVM_REG_ARM_DEMUX_ID_CCSIDR";
  assertEquals(wrongExpectations([0, 3, 15].map((n) => [`${inC} | ${n}`, ccsidrReg(n)])), "");
});

headerTest("the comparison with the header refuses a wrong register ID", () => {
  const wrong = wrongExpectations([[core(64, "regs.pc"), registerId("pc") + 1n]]);
  assertStringIncludes(wrong, "Orchid says");
});

// Documented values: Linux Documentation/virt/kvm/api.rst, 4.68, and other programs' sources.
const literals: Record<string, bigint> = {
  x0: 0x6030_0000_0010_0000n,
  x30: 0x6030_0000_0010_003cn,
  sp: 0x6030_0000_0010_003en,
  pc: 0x6030_0000_0010_0040n,
  pstate: 0x6030_0000_0010_0042n,
  sp_el1: 0x6030_0000_0010_0044n,
  elr_el1: 0x6030_0000_0010_0046n,
  spsr_el1: 0x6030_0000_0010_0048n,
  v0: 0x6040_0000_0010_0054n,
  v31: 0x6040_0000_0010_00d0n,
  fpsr: 0x6020_0000_0010_00d4n,
  fpcr: 0x6020_0000_0010_00d5n,
  midr_el1: 0x6030_0000_0013_c000n,
  mpidr_el1: 0x6030_0000_0013_c005n,
  vbar_el1: 0x6030_0000_0013_c600n,
  cntvct_el0: 0x6030_0000_0013_df1an,
  cntv_cval_el0: 0x6030_0000_0013_df02n,
  psci_version: 0x6030_0000_0014_0000n,
  std_bmap: 0x6030_0000_0016_0000n,
};

for (const [name, id] of Object.entries(literals)) {
  Deno.test(`registerId gives ${name} the ID 0x${id.toString(16)}`, () => {
    assertEquals(registerId(name), id);
  });
}

Deno.test("registerName is the inverse of registerId for every register with a name", () => {
  const names = [
    ...Object.values(families).flatMap(Object.keys),
    ...Object.keys(systemRegisters()),
  ];
  assertEquals(names.map((name) => registerName(registerId(name))), names);
});

Deno.test("registerId has no ID for two registers", () => {
  const names = [
    ...Object.values(families).flatMap(Object.keys),
    ...Object.keys(systemRegisters()),
  ];
  assertEquals(new Set(names.map(registerId)).size, names.length);
});

Deno.test("registerId takes capital letters", () => {
  assertEquals(registerId("VBAR_EL1"), registerId("vbar_el1"));
});

Deno.test("registerId takes sp_el0 for the kernel's sp", () => {
  assertEquals(registerId("sp_el0"), registerId("sp"));
});

Deno.test("registerId takes the assembler's generic names", () => {
  assertEquals(registerId("S3_0_C12_C0_0"), registerId("vbar_el1"));
});

Deno.test("registerName gives an unnamed system register its generic name", () => {
  assertEquals(registerName(sysReg(3, 7, 15, 15, 7)), "s3_7_c15_c15_7");
});

Deno.test("registerId is the inverse of registerName for an unnamed system register", () => {
  assertEquals(registerId("s3_7_c15_c15_7"), sysReg(3, 7, 15, 15, 7));
});

Deno.test("registerId is the inverse of registerName for a CCSIDR", () => {
  assertEquals(registerId(registerName(ccsidrReg(11))), ccsidrReg(11));
});

Deno.test("registerName shows an ID of no known class in hexadecimal", () => {
  // KVM_REG_S390 | KVM_REG_SIZE_U32 | 2
  assertEquals(registerName(0x5020_0000_0000_0002n), "0x5020000000000002");
});

const noNames = ["", "x31", "x-1", "x01", "v32", "vbar", "pc ", "s3_0_c16_c0_0", "s3_8_c1_c0_0"];
for (const name of [...noNames, "s0_0_c0_c0_0", "0x6030000000100040", "constructor", "__proto__"]) {
  Deno.test(`registerId refuses "${name}"`, () => {
    assertThrows(() => registerId(name), RegisterNameError, `there is no register "${name}"`);
  });
}

Deno.test("registerSize is 8 bytes for x0", () => {
  assertEquals(registerSize(registerId("x0")), 8);
});

Deno.test("registerSize is 16 bytes for v0", () => {
  assertEquals(registerSize(registerId("v0")), 16);
});

Deno.test("registerSize is 4 bytes for fpsr", () => {
  assertEquals(registerSize(registerId("fpsr")), 4);
});

Deno.test("sysRegFields is the inverse of sysReg", () => {
  assertEquals(sysRegFields(sysReg(3, 5, 14, 9, 6)), [3, 5, 14, 9, 6]);
});

Deno.test("coreReg counts in words of 32 bits", () => {
  assertEquals(coreReg(256), registerId("pc"));
});

Deno.test("firmwareReg and firmwareBitmapReg are of different classes", () => {
  assertEquals(firmwareBitmapReg(1) - firmwareReg(1), 0x2_0000n);
});
