import { assertEquals } from "@std/assert";
import { illegalState, pstate } from "../../soft/exceptions.ts";
import { SystemResult } from "../../soft/system.ts";
import { BareCpu, RAM } from "./bare_cpu.ts";
import { Descriptor, mapVa, VA } from "./page_table.ts";

const { AF, AP_EL0, AP_READ_ONLY, PAGE } = Descriptor;
const AT_S1E1R = 0xd508_7801, AT_S1E1W = 0xd508_7821;
const AT_S1E0R = 0xd508_7841, AT_S1E0W = 0xd508_7861;
const ERET = 0xd69f_03e0;
const VECTORS = 0x8000n;

const page = 0x12_3400_0000n | PAGE | AF;
const SH_INNER = 3n << 8n, SH_OUTER = 2n << 8n;

/** PAR_EL1 after an AT instruction for VA. */
function par(machine: BareCpu, at: number): string {
  machine.cpu.setX(1, VA);
  assertEquals(machine.system.execute(at), SystemResult.go);
  return machine.cpu.stored("par_el1").toString(16);
}

const translations: readonly [name: string, at: number, leaf: bigint, mair: bigint, par: string][] =
  [
    ["a page of EL1", AT_S1E1R, page | SH_INNER, 0xffn, "ff00001234000b80"],
    ["an outer shareable page", AT_S1E1W, page | SH_OUTER, 0xbbn, "bb00001234000b00"],
    ["a page that is not shareable", AT_S1E1R, page, 0xffn, "ff00001234000a00"],
    ["Device memory, which all share", AT_S1E1R, page, 0x04n, "400001234000b00"],
    ["memory without caches, which all share", AT_S1E1R, page, 0x44n, "4400001234000b00"],
    ["EL0's reading", AT_S1E0R, page | AP_EL0, 0xffn, "ff00001234000a00"],
    ["EL0's reading of what it may not", AT_S1E0R, page, 0xffn, "81f"],
    [
      "EL0's writing of what it may only read",
      AT_S1E0W,
      page | AP_EL0 | AP_READ_ONLY,
      0xffn,
      "81f",
    ],
    ["EL1's writing of what it may only read", AT_S1E1W, page | AP_READ_ONLY, 0xffn, "81f"],
    ["no page", AT_S1E1R, 0n, 0xffn, "80f"],
    ["a page that was never accessed", AT_S1E1R, page & ~AF, 0xffn, "817"],
    ["a page beyond the physical addresses", AT_S1E1R, page | 1n << 44n, 0xffn, "807"],
  ];
for (const [name, at, leaf, mair, expected] of translations) {
  Deno.test(`AT of ${name} leaves 0x${expected} in PAR_EL1`, () => {
    const machine = mapVa(new BareCpu(), 3, leaf).set({ mair_el1: mair });
    assertEquals(par(machine, at), expected);
  });
}

Deno.test("AT with the MMU off gives the address itself, as Device memory", () => {
  const machine = new BareCpu();
  assertEquals(par(machine, AT_S1E0W), "8080604b00");
});

Deno.test("AT by way of a table outside memory takes an external abort", () => {
  const machine = mapVa(new BareCpu(), 3, page);
  machine.set({ ttbr0_el1: 0n, vbar_el1: VECTORS, par_el1: 5n });
  machine.cpu.setX(1, VA);
  assertEquals(machine.system.execute(AT_S1E1R), SystemResult.mode);
  assertEquals(machine.syndrome, 0x9600_0010);
  assertEquals([machine.cpu.stored("far_el1"), machine.cpu.stored("par_el1")], [VA, 5n]);
});

/** A vCPU before an illegal exception return: to EL2. */
function beforeIllegalReturn(elr: bigint): BareCpu {
  const machine = new BareCpu();
  machine.set({ vbar_el1: VECTORS, spsr_el1: 0x8000_0009n, elr_el1: elr });
  assertEquals(machine.system.execute(ERET), SystemResult.mode);
  return machine;
}

Deno.test("ERET to a mode that is not there takes an Illegal Execution state exception", () => {
  const machine = beforeIllegalReturn(BigInt(RAM));
  assertEquals([machine.syndrome, machine.vector], [0x3a00_0000, 0x200]);
  assertEquals(machine.cpu.stored("elr_el1"), BigInt(RAM));
  assertEquals(machine.cpu.stored("spsr_el1"), 0x8010_0005n);
  assertEquals(illegalState(machine.cpu), false);
});

for (const [what, elr] of [["misaligned", BigInt(RAM + 2)], ["not in memory", 0x4000n]] as const) {
  Deno.test(`ERET to a mode that is not there and a PC that is ${what} leaves the exception to the fetch`, () => {
    const { cpu } = beforeIllegalReturn(elr);
    assertEquals([cpu.pc, pstate(cpu)], [elr, 0x8010_0005n]);
  });
}

Deno.test("ERET with SPSR_EL1.IL set takes the exception from where it returned to", () => {
  const machine = new BareCpu();
  machine.set({ vbar_el1: VECTORS, spsr_el1: 0x0010_0000n, elr_el1: BigInt(RAM) });
  machine.system.execute(ERET);
  assertEquals([machine.syndrome, machine.vector], [0x3a00_0000, 0x400]);
});
