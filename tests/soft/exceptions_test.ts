import { assertEquals } from "@std/assert";
import {
  branchAddress,
  type Exception,
  exceptionReturn,
  illegalState,
  isPstate,
  pstate,
  setPstate,
  takeException,
} from "../../soft/exceptions.ts";
import { State } from "../../soft/state.ts";
import { BareCpu } from "./bare_cpu.ts";

const VECTORS = 0x7000_0800n;

/** PSTATE of the modes there are, nothing masked. */
const modes = { EL0t: 0b0000n, EL1t: 0b0100n, EL1h: 0b0101n } as const;
type Mode = keyof typeof modes;

/** A vCPU in some mode, with vectors and different stacks. */
function machineIn(mode: Mode, bits = 0n): BareCpu {
  const machine = new BareCpu().set({ vbar_el1: VECTORS });
  machine.cpu.setBankedSp("sp_el0", 0x1000n);
  machine.cpu.setBankedSp("sp_el1", 0x2000n);
  setPstate(machine.cpu, modes[mode] | bits);
  return machine;
}

/** An SVC, unless told otherwise. */
const exception = (values: Partial<Exception> = {}): Exception => ({
  kind: "sync",
  ec: 0x15,
  iss: 0,
  returnTo: 0x1234n,
  ...values,
});

const vectors: readonly [Mode, Exception["kind"], number][] = [
  ["EL1t", "sync", 0x000],
  ["EL1t", "irq", 0x080],
  ["EL1t", "fiq", 0x100],
  ["EL1t", "serror", 0x180],
  ["EL1h", "sync", 0x200],
  ["EL1h", "irq", 0x280],
  ["EL1h", "fiq", 0x300],
  ["EL1h", "serror", 0x380],
  ["EL0t", "sync", 0x400],
  ["EL0t", "irq", 0x480],
  ["EL0t", "fiq", 0x500],
  ["EL0t", "serror", 0x580],
];
for (const [mode, kind, offset] of vectors) {
  Deno.test(`takeException of kind ${kind} from ${mode} goes to vector 0x${offset.toString(16)}`, () => {
    const machine = machineIn(mode);
    takeException(machine.cpu, exception({ kind }));
    assertEquals(machine.vector, offset);
  });
}

for (const mode of ["EL0t", "EL1t", "EL1h"] as const) {
  Deno.test(`takeException from ${mode} saves PSTATE and masks everything at EL1h`, () => {
    const { cpu } = machineIn(mode, 0xa000_0140n);
    takeException(cpu, exception());
    assertEquals(cpu.stored("spsr_el1"), 0xa000_0140n | modes[mode]);
    assertEquals(pstate(cpu), 0xa000_03c5n);
  });

  Deno.test(`takeException from ${mode} takes the stack of EL1, and keeps that of EL0`, () => {
    const { cpu } = machineIn(mode);
    takeException(cpu, exception());
    assertEquals([cpu.sp, cpu.bankedSp("sp_el0")], [0x2000n, 0x1000n]);
  });
}

/** EC as given, from EL0, from EL1 (Arm ARM D17.2.37). */
const classes: readonly [string, number, number, number][] = [
  ["an undefined instruction", 0x00, 0x00, 0x00],
  ["an SVC", 0x15, 0x15, 0x15],
  ["an instruction abort", 0x20, 0x20, 0x21],
  ["a PC alignment fault", 0x22, 0x22, 0x22],
  ["a data abort", 0x24, 0x24, 0x25],
  ["an SP alignment fault", 0x26, 0x26, 0x26],
  ["a breakpoint", 0x30, 0x30, 0x31],
  ["a software step", 0x32, 0x32, 0x33],
  ["a watchpoint", 0x34, 0x34, 0x35],
  ["a BRK", 0x3c, 0x3c, 0x3c],
];
for (const [name, ec, fromEl0, fromEl1] of classes) {
  Deno.test(`takeException of ${name} sets the class by the exception level`, () => {
    const found = (["EL0t", "EL1h"] as const).map((mode) => {
      const { cpu } = machineIn(mode);
      takeException(cpu, exception({ ec, iss: 0x123 }));
      return cpu.stored("esr_el1").toString(16);
    });
    const esr = (own: number) => (own * 2 ** 26 + 0x200_0123).toString(16);
    assertEquals(found, [esr(fromEl0), esr(fromEl1)]);
  });
}

Deno.test("takeException clears ESR_EL1.IL when told", () => {
  const { cpu } = machineIn("EL0t");
  takeException(cpu, exception({ il: false, iss: 7 }));
  assertEquals(cpu.stored("esr_el1"), 0x5400_0007n);
});

for (const kind of ["irq", "fiq"] as const) {
  Deno.test(`takeException of kind ${kind} leaves ESR_EL1 and FAR_EL1 alone`, () => {
    const { cpu } = machineIn("EL0t").set({ esr_el1: 1n, far_el1: 2n });
    takeException(cpu, exception({ kind }));
    assertEquals([cpu.stored("esr_el1"), cpu.stored("far_el1")], [1n, 2n]);
  });
}

Deno.test("takeException sets FAR_EL1 only when there is an address", () => {
  const { cpu } = machineIn("EL0t").set({ far_el1: 2n });
  takeException(cpu, exception());
  assertEquals(cpu.stored("far_el1"), 2n);
  takeException(cpu, exception({ far: 0xffff_ffff_ffff_ffffn }));
  assertEquals(cpu.stored("far_el1"), 0xffff_ffff_ffff_ffffn);
});

Deno.test("takeException sets ELR_EL1", () => {
  const { cpu } = machineIn("EL0t");
  takeException(cpu, exception({ returnTo: 0xffff_8000_0000_1234n }));
  assertEquals(cpu.stored("elr_el1"), 0xffff_8000_0000_1234n);
});

for (const from of ["EL1t", "EL1h"] as const) {
  for (const to of ["EL0t", "EL1t", "EL1h"] as const) {
    Deno.test(`exceptionReturn from ${from} goes to ${to}`, () => {
      const saved = 0x5000_0240n | modes[to];
      const { cpu } = machineIn(from, 0x3c0n).set({ spsr_el1: saved, elr_el1: 0x4567n });
      exceptionReturn(cpu);
      assertEquals([pstate(cpu), cpu.pc, illegalState(cpu)], [saved, 0x4567n, false]);
      assertEquals(cpu.sp, to === "EL1h" ? 0x2000n : 0x1000n);
    });
  }
}

const illegal: readonly [string, bigint][] = [
  ["EL0 with SP_EL1", 0b0001n],
  ["a reserved mode", 0b0010n],
  ["a reserved mode of EL1", 0b0110n],
  ["EL2t", 0b1000n],
  ["EL2h", 0b1001n],
  ["EL3t", 0b1100n],
  ["EL3h", 0b1101n],
  ["AArch32 User mode", 0b1_0000n],
  ["AArch32 Supervisor mode", 0b1_0011n],
];
for (const [name, mode] of illegal) {
  Deno.test(`exceptionReturn to ${name} is illegal: the mode stays, flags and masks do not`, () => {
    const { cpu } = machineIn("EL1t", 0x3c0n);
    cpu.setStored("spsr_el1", 0xf000_0040n | mode);
    cpu.setStored("elr_el1", 0x4567n);
    exceptionReturn(cpu);
    assertEquals([pstate(cpu), cpu.pc], [0xf010_0044n, 0x4567n]);
    assertEquals(cpu.sp, 0x1000n);
  });
}

Deno.test("exceptionReturn restores PSTATE.IL", () => {
  const { cpu } = machineIn("EL1h").set({ spsr_el1: 1n << 20n });
  exceptionReturn(cpu);
  assertEquals([pstate(cpu), illegalState(cpu)], [1n << 20n, true]);
});

Deno.test("takeException saves PSTATE.IL and clears it", () => {
  const { cpu } = machineIn("EL0t", 1n << 20n);
  takeException(cpu, exception());
  assertEquals([cpu.stored("spsr_el1"), illegalState(cpu)], [1n << 20n, false]);
});

Deno.test("exceptionReturn makes the exclusive monitor watch nothing", () => {
  const machine = machineIn("EL1h");
  machine.cpu.u64[State.EXCLUSIVE_ADDRESS / 8] = 0x1000n;
  exceptionReturn(machine.cpu);
  assertEquals(machine.watchesNothing, true);
});

const TBI0 = 1n << 37n, TBI1 = 1n << 38n;
const tags: readonly [target: bigint, tcr: bigint, expected: bigint][] = [
  [0xa500_1234_5678_9abcn, 0n, 0xa500_1234_5678_9abcn],
  [0xa500_1234_5678_9abcn, TBI0, 0x0000_1234_5678_9abcn],
  [0xa500_1234_5678_9abcn, TBI1, 0xa500_1234_5678_9abcn],
  [0xa5ff_1234_5678_9abcn, TBI0, 0xa5ff_1234_5678_9abcn],
  [0xa5ff_1234_5678_9abcn, TBI1, 0xffff_1234_5678_9abcn],
];
for (const [target, tcr, expected] of tags) {
  const hex = (value: bigint) => `0x${value.toString(16)}`;
  Deno.test(`branchAddress with TCR_EL1 ${hex(tcr)} takes ${hex(target)} to ${hex(expected)}`, () => {
    const { cpu } = machineIn("EL1h").set({ tcr_el1: tcr });
    assertEquals(branchAddress(cpu, target), expected);
  });
}

Deno.test("exceptionReturn leaves an ignored tag behind", () => {
  const { cpu } = machineIn("EL1h").set({ tcr_el1: TBI0, elr_el1: 0xa5n << 56n | 0x1000n });
  cpu.setStored("spsr_el1", modes.EL0t);
  exceptionReturn(cpu);
  assertEquals(cpu.pc, 0x1000n);
});

Deno.test("setPstate takes all that pstate gives", () => {
  for (const value of [0x3c5n, 0xf000_0000n, 0x5000_0284n, 0x0010_0145n]) {
    const { cpu } = new BareCpu();
    setPstate(cpu, value);
    assertEquals(pstate(cpu), value);
  }
});

Deno.test("isPstate approves of EL0t, EL1t and EL1h only", () => {
  const approved = Array.from({ length: 32 }, (_, mode) => mode).filter((m) => isPstate(BigInt(m)));
  assertEquals(approved, [0b0000, 0b0100, 0b0101]);
});
