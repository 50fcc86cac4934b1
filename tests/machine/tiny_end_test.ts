/** Tests how the tiny machine finds out that its guest has ended, with exits and registers made by hand. */

import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { summarizeCrash } from "../../machine/crash.ts";
import { TinyMachine, type TinyMachineOptions, TURNS_BETWEEN_CHECKS } from "../../machine/tiny.ts";
import { KVM_EXIT_ARM_NISV, KVM_EXIT_SYSTEM_EVENT } from "../../vm/exit.ts";
import { loadExit, storeExit } from "../mmio.ts";
import { ScriptedSystem, type ScriptedVcpu } from "../scripted_vm.ts";
import { bytesOf, emptyReader, failingWriter, MemoryWriter } from "../streams.ts";

// udf #0 behind udf #0x123: two instructions that are undefined.
const program = new Uint8Array(new Uint32Array([0x0000_0123, 0x0000_0000]).buffer);
const UDF_123 = 0x1_0000n;
const UDF_0 = 0x1_0004n;

/** ESR_EL1 of an undefined instruction, of a BRK, and of an external abort. */
const UNDEFINED = 0x0200_0000n;
const BRK = 0xf200_0000n;
const EXTERNAL_ABORT = 0x9600_0010n;

/** The crash port's words, and the vectors, of a synchronous exception and of an SError from the current EL. */
const SYNCHRONOUS = { port: 0xfd0, pc: 0xf200n };
const SERROR = { port: 0xfdc, pc: 0xf380n };

/** A tiny machine and its vCPU. */
function build(options: Partial<TinyMachineOptions> = {}): [TinyMachine, ScriptedVcpu] {
  const system = new ScriptedSystem();
  const streams = { output: new MemoryWriter(), input: emptyReader };
  return [new TinyMachine(system, { program, ...streams, ...options }), system.vcpu];
}

/** What becomes of a machine whose vCPU loads from the crash port with these registers. */
function endAt(port: number, registers: Record<string, bigint>): TinyMachine["end"] {
  const [machine, vcpu] = build();
  vcpu.set(registers);
  machine.bus.access(loadExit(port, 4));
  return machine.end;
}

/** The summary of a crash. */
function summary({ end }: Pick<TinyMachine, "end">): string | undefined {
  return end?.kind === "crash" ? summarizeCrash(end.crash) : undefined;
}

Deno.test("TinyMachine ends where the guest runs into zeroed memory", () => {
  const end = endAt(SYNCHRONOUS.port, { pc: SYNCHRONOUS.pc, esr_el1: UNDEFINED, elr_el1: UDF_0 });
  assertEquals(end, { kind: "end-of-code" });
});

const crashes: [what: string, at: typeof SERROR, esr: bigint, elr: bigint, summary: RegExp][] = [
  ["another undefined instruction", SYNCHRONOUS, UNDEFINED, UDF_123, /^Undefined .* PC 0x10000$/],
  ["another exception in zeroed memory", SYNCHRONOUS, BRK, UDF_0, /^BRK: #0x0, at PC 0x10004$/],
  ["an SError in zeroed memory", SERROR, UNDEFINED, UDF_0, /, at PC 0x10004$/],
  ["an undefined instruction outside memory", SYNCHRONOUS, UNDEFINED, 0n, /PC 0x0$/],
];

for (const [what, { port, pc }, esr_el1, elr_el1, expected] of crashes) {
  Deno.test(`TinyMachine takes ${what} for a crash`, () => {
    assertMatch(summary({ end: endAt(port, { pc, esr_el1, elr_el1 }) }) ?? "", expected);
  });
}

Deno.test("TinyMachine tells the instruction that crashed", () => {
  const registers = { pc: SYNCHRONOUS.pc, esr_el1: UNDEFINED, elr_el1: UDF_123 };
  const end = endAt(SYNCHRONOUS.port, registers);
  assert(end?.kind === "crash");
  assertEquals([end.crash.instruction, end.crash.vector], [0x123, 4]);
});

Deno.test("TinyMachine is not deceived by a guest that loads from the crash port", () => {
  assertEquals(endAt(SYNCHRONOUS.port, { pc: 0x1_0000n, esr_el1: BRK }), undefined);
});

const event = (type: number) => ({ reason: KVM_EXIT_SYSTEM_EVENT, type } as const);

for (const [type, kind] of [[1, "shutdown"], [2, "reset"]] as const) {
  Deno.test(`TinyMachine.systemEvent ends with ${kind}`, () => {
    const [machine] = build();
    machine.systemEvent(event(type));
    assertEquals(machine.end, { kind });
  });
}

Deno.test("TinyMachine.systemEvent takes a crash for a crash", () => {
  const [machine] = build();
  machine.systemEvent(event(3));
  assertMatch(summary(machine) ?? "", /reported that it crashed/);
});

Deno.test("TinyMachine.systemEvent refuses an event that it does not know", () => {
  const [machine] = build();
  assertThrows(() => machine.systemEvent(event(99)), Error, "type = 99");
});

const undescribed = { reason: KVM_EXIT_ARM_NISV, esrIss: 0x45, faultIpa: 0x2000 } as const;

Deno.test("TinyMachine.accessWithoutSyndrome injects an abort", () => {
  const [machine, vcpu] = build();
  machine.accessWithoutSyndrome(undescribed);
  assertEquals([vcpu.aborts, machine.end], [1, undefined]);
});

Deno.test("TinyMachine.accessWithoutSyndrome is a crash where no abort can be injected", () => {
  const [machine, vcpu] = build();
  vcpu.injectsAborts = false;
  vcpu.set({ pc: 0x1_0004n });
  machine.accessWithoutSyndrome(undescribed);
  assertMatch(summary(machine) ?? "", /0x2000 at PC 0x10004$/);
});

Deno.test("TinyMachine hints at the instruction when nobody handles that abort", () => {
  const [machine, vcpu] = build();
  machine.accessWithoutSyndrome(undescribed);
  vcpu.set({ pc: SYNCHRONOUS.pc, esr_el1: EXTERNAL_ABORT, elr_el1: UDF_123 });
  machine.bus.access(loadExit(SYNCHRONOUS.port, 4));
  assert(machine.end?.kind === "crash");
  assertMatch(machine.end.crash.hint ?? "", /^0x2000 has no memory.*use a plain ldr or str$/);
});

Deno.test("TinyMachine ends at a newline where it is to", () => {
  const [machine] = build({ exitOnNewline: true });
  machine.bus.access(storeExit(0x996, 1, 0x41n));
  assertEquals(machine.end, undefined);
  machine.bus.access(storeExit(0x996, 1, 0x0an));
  assertEquals(machine.end, { kind: "newline" });
});

Deno.test("TinyMachine goes on after a newline otherwise", () => {
  const [machine] = build();
  machine.bus.access(storeExit(0x996, 1, 0x0an));
  assertEquals(machine.end, undefined);
});

Deno.test("TinyMachine.turn writes out what the guest printed", async () => {
  const output = new MemoryWriter();
  const [machine] = build({ output });
  machine.bus.access(storeExit(0x996, 1, 0x21n));
  await machine.turn();
  assertEquals(output.bytes, bytesOf("!"));
});

for (const method of ["turn", "settle"] as const) {
  Deno.test(`TinyMachine.${method} fails when output cannot be written`, async () => {
    const [machine] = build({ output: failingWriter });
    machine.bus.access(storeExit(0x996, 1, 0x21n));
    await assertRejects(() => machine[method](), Error, "nobody reads this");
  });
}

/** A vCPU whose vector, at VBAR_EL1, raises the exception that it is for. */
const stuck = { pc: 0x4000_0200n, elr_el1: 0x4000_0200n, vbar_el1: 0x4000_0000n };

/** Turns until the machine looks at its vCPU. */
async function look(machine: TinyMachine): Promise<void> {
  for (let i = 0; i < TURNS_BETWEEN_CHECKS; i++) await machine.turn();
}

Deno.test("TinyMachine.turn notices vectors that raise exceptions themselves", async () => {
  const [machine, vcpu] = build();
  vcpu.set(stuck);
  await look(machine);
  await look(machine);
  assertMatch(summary(machine) ?? "", /vectors at VBAR_EL1 0x40000000 raise exceptions/);
});

Deno.test("TinyMachine.turn gives a handler that is about to go on the benefit of the doubt", async () => {
  const [machine, vcpu] = build();
  vcpu.set(stuck);
  await look(machine);
  vcpu.set({ pc: 0x1_0000n });
  await look(machine);
  vcpu.set(stuck);
  await look(machine);
  assertEquals(machine.end, undefined);
});

Deno.test("TinyMachine.turn leaves a handler alone that waits at its vector", async () => {
  const [machine, vcpu] = build();
  vcpu.set({ ...stuck, elr_el1: 0x1_0000n });
  for (let i = 0; i < 3; i++) await look(machine);
  assertEquals(machine.end, undefined);
});
