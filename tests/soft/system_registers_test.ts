import { assertEquals } from "@std/assert";
import { findRegisterByName, registerRows } from "../../soft/system_registers.ts";
import { sysInstructions } from "../../soft/sys_instructions.ts";
import { BareCpu } from "./bare_cpu.ts";

function read(machine: BareCpu, name: string): bigint | undefined {
  return findRegisterByName(name)?.read?.(machine.system.bank);
}

function write(machine: BareCpu, name: string, value: bigint): void {
  findRegisterByName(name)?.write?.(machine.system.bank, value);
}

/** The 4-bit fields of a register that are not zero, from the lowest bit of each. */
function fieldsOf(value: bigint): Record<number, number> {
  const bits = Array.from({ length: 16 }, (_, i) => 4 * i);
  const fields = bits.map((bit) => [bit, Number((value >> BigInt(bit)) & 15n)] as const);
  return Object.fromEntries(fields.filter(([, field]) => field !== 0));
}

/** What the feature registers say, by the lowest bit of each field (Arm ARM, D17.2). */
const features: Record<string, Record<number, number>> = {
  id_aa64pfr0_el1: { 0: 1, 4: 1, 16: 15, 20: 15, 60: 1 },
  id_aa64pfr1_el1: {},
  id_aa64dfr0_el1: { 0: 6, 12: 1, 20: 1 },
  id_aa64isar0_el1: { 16: 1, 20: 2 },
  id_aa64isar1_el1: {},
  id_aa64mmfr0_el1: { 0: 2, 4: 2, 24: 15 },
  id_aa64mmfr1_el1: {},
  id_aa64mmfr2_el1: {},
  id_pfr0_el1: {},
  id_isar0_el1: {},
  mvfr0_el1: {},
  s3_0_c0_c7_7: {},
};
for (const [name, fields] of Object.entries(features)) {
  Deno.test(`${name} says what the software CPU has`, () => {
    assertEquals(fieldsOf(read(new BareCpu(), name) ?? -1n), fields);
  });
}

const identification: Record<string, bigint> = {
  midr_el1: 0x000f_04f0n,
  mpidr_el1: 0x8000_0000n,
  revidr_el1: 0n,
  aidr_el1: 0n,
  ctr_el0: 0xb444_c004n,
  clidr_el1: 0n,
  ccsidr_el1: 0n,
  dczid_el0: 4n,
  cntfrq_el0: 24_000_000n,
  currentel: 4n,
  isr_el1: 0n,
  oslsr_el1: 8n,
};
for (const [name, value] of Object.entries(identification)) {
  Deno.test(`${name} reads as 0x${value.toString(16)}`, () => {
    assertEquals(read(new BareCpu(), name), value);
  });
}

Deno.test("DCZID_EL0 tells EL0 whether it may use dc zva", () => {
  const found = [0n, 1n << 14n].map((sctlr_el1) =>
    read(new BareCpu(0).set({ sctlr_el1 }), "dczid_el0")
  );
  assertEquals(found, [0x14n, 4n]);
});

/** KVM's values at reset, seen by a guest on a Cortex-A76. */
const UNKNOWN = 0x1de7_ec7e_dbad_c0den;
const atReset: Record<string, bigint> = {
  sctlr_el1: 0xc5_0078n,
  actlr_el1: 0n,
  cpacr_el1: 0n,
  ttbr0_el1: UNKNOWN,
  ttbr1_el1: UNKNOWN,
  tcr_el1: 0n,
  esr_el1: UNKNOWN,
  afsr0_el1: 0n,
  afsr1_el1: 0n,
  far_el1: UNKNOWN,
  par_el1: UNKNOWN,
  mair_el1: UNKNOWN,
  amair_el1: 0n,
  vbar_el1: 0n,
  contextidr_el1: 0n,
  tpidr_el1: UNKNOWN,
  tpidr_el0: UNKNOWN,
  tpidrro_el0: UNKNOWN,
  cntkctl_el1: 0n,
  csselr_el1: 0xen,
  mdscr_el1: 0n,
  elr_el1: 0n,
  spsr_el1: 0n,
  sp_el0: 0n,
  daif: 0x3c0n,
  spsel: 1n,
  nzcv: 0n,
  cntv_ctl_el0: 0n,
  cntv_cval_el0: 0n,
};
for (const [name, value] of Object.entries(atReset)) {
  Deno.test(`${name} is 0x${value.toString(16)} after reset, whatever it was before`, () => {
    const machine = new BareCpu();
    write(machine, name, 0x5555_5555_5555_5555n);
    machine.system.reset();
    assertEquals(read(machine, name), value);
  });
}

/** What is left of all ones, where that is not all ones. */
const masks: Record<string, bigint> = {
  sctlr_el1: 0xffff_f01f_ffff_ffffn,
  vbar_el1: 0xffff_ffff_ffff_f800n,
  csselr_el1: 0xfn,
  daif: 0x3c0n,
  nzcv: 0xf000_0000n,
  spsel: 1n,
  actlr_el1: 0n,
  afsr0_el1: 0n,
  afsr1_el1: 0n,
  amair_el1: 0n,
  mdccint_el1: 0n,
  dbgwvr0_el1: 0xffff_ffff_ffff_fffcn,
  dbgwvr1_el1: 0xffff_ffff_ffff_fffcn,
  cntv_ctl_el0: 3n,
  cntp_ctl_el0: 3n,
};
const writable = registerRows.filter((row) =>
  row.read !== undefined && row.write !== undefined &&
  !/_tval_|^dbg(claim|prcr|dtr)|^os/.test(row.name)
);
for (const { name } of writable) {
  Deno.test(`${name} keeps what is written to it`, () => {
    const machine = new BareCpu();
    const ones = 0xffff_ffff_ffff_ffffn;
    if (/^cnt._ctl/.test(name)) write(machine, name.replace("ctl", "cval"), ones);
    write(machine, name, ones);
    assertEquals(read(machine, name), masks[name] ?? ones);
    write(machine, name, 0n);
    assertEquals(read(machine, name), 0n);
  });
}

Deno.test("OSLAR_EL1 locks and unlocks the OS Lock", () => {
  const machine = new BareCpu();
  const found = [1n, 0n].map((value) => {
    write(machine, "oslar_el1", value);
    return read(machine, "oslsr_el1");
  });
  assertEquals(found, [0xan, 8n]);
});

Deno.test("registerRows has no encoding twice", () => {
  assertEquals(new Set(registerRows.map((row) => row.encoding)).size, registerRows.length);
});

Deno.test("sysInstructions has no encoding twice", () => {
  const encodings = new Set(sysInstructions.map((row) => row.encoding));
  assertEquals(encodings.size, sysInstructions.length);
});

const SECOND = 1_000_000_000n;

Deno.test("CNTPCT_EL0 and CNTVCT_EL0 count time at CNTFRQ_EL0", () => {
  const machine = new BareCpu();
  machine.nanoseconds = 3n * SECOND;
  assertEquals(read(machine, "cntpct_el0"), 72_000_000n);
  assertEquals(read(machine, "cntvct_el0"), 72_000_000n);
});

for (const timer of ["cntp", "cntv"]) {
  Deno.test(`${timer}_tval_el0 counts down to the compare value, in 32 bits`, () => {
    const machine = new BareCpu();
    machine.nanoseconds = SECOND;
    write(machine, `${timer}_tval_el0`, 0xffff_ffff_0000_0064n);
    assertEquals(read(machine, `${timer}_cval_el0`), 24_000_100n);
    machine.nanoseconds = 2n * SECOND;
    assertEquals(read(machine, `${timer}_tval_el0`), BigInt.asUintN(32, 100n - 24_000_000n));
    write(machine, `${timer}_tval_el0`, 0xffff_ffffn);
    assertEquals(read(machine, `${timer}_cval_el0`), 47_999_999n);
  });

  Deno.test(`${timer}_ctl_el0 says whether the time has come, while the timer is on`, () => {
    const machine = new BareCpu();
    write(machine, `${timer}_cval_el0`, 24_000_000n);
    const found = [0n, 1n, 3n].map((control) => {
      write(machine, `${timer}_ctl_el0`, control);
      return [SECOND - 1n, SECOND].map((now) => {
        machine.nanoseconds = now;
        return read(machine, `${timer}_ctl_el0`);
      });
    });
    assertEquals(found, [[0n, 0n], [1n, 5n], [3n, 7n]]);
  });
}
