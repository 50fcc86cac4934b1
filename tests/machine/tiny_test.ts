/** Tests how the tiny machine is built, on a system that only remembers what it was asked. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { BusError } from "../../devices/bus.ts";
import { VECTOR_PAGE } from "../../machine/layout.ts";
import { TinyMachineError } from "../../machine/placement.ts";
import { TinyMachine, type TinyMachineOptions } from "../../machine/tiny.ts";
import { writeVectors } from "../../machine/vectors.ts";
import { ScriptedSystem } from "../scripted_vm.ts";
import { emptyReader, MemoryWriter } from "../streams.ts";

const program = new Uint8Array([1, 2, 3, 4]);

/** A tiny machine and the system it is on. */
function build(options: Partial<TinyMachineOptions> = {}): [TinyMachine, ScriptedSystem] {
  const system = new ScriptedSystem();
  const streams = { output: new MemoryWriter(), input: emptyReader };
  return [new TinyMachine(system, { program, ...streams, ...options }), system];
}

Deno.test("TinyMachine puts the program at the start of RAM", () => {
  const [machine] = build();
  assertEquals(machine.memory.readUint32(0x1_0000), 0x0403_0201);
});

Deno.test("TinyMachine puts the program at its load address", () => {
  const [machine] = build({ loadAddress: 0x1_8000 });
  assertEquals(machine.memory.readUint32(0x1_8000), 0x0403_0201);
  assertEquals(machine.memory.readUint32(0x1_0000), 0);
});

Deno.test("TinyMachine gives the guest its RAM", () => {
  const [machine, { regions }] = build({ memory: 0x20_0000 });
  const { slot, guestPhysAddr, bytes, readOnly } = regions[0]!;
  assertEquals([slot, guestPhysAddr, bytes.length, readOnly], [0, 0x1_0000, 0x20_0000, false]);
  bytes[100] = 0x5a;
  assertEquals(machine.memory.bytes(0x1_0000 + 100, 1)[0], 0x5a);
});

Deno.test("TinyMachine gives the guest the vectors, read-only", () => {
  const [, { regions }] = build();
  const { slot, guestPhysAddr, bytes, readOnly } = regions[1]!;
  assertEquals([slot, guestPhysAddr, bytes.length, readOnly], [1, 0xf000, 0x1000, true]);
  const vectors = new Uint8Array(VECTOR_PAGE.size);
  writeVectors(vectors);
  assertEquals([...bytes], [...vectors]);
});

Deno.test("TinyMachine sets the vCPU's registers after it has reset it", () => {
  const [, { vcpu }] = build({ entry: 0x1_0004, memory: 0x2_0000 });
  assertEquals(vcpu.inits, 1);
  const registers = ["pc", "sp_el1", "vbar_el1"].map((name) => vcpu.get(name));
  assertEquals(registers, [0x1_0004n, 0x3_0000n, 0xf000n]);
});

Deno.test("TinyMachine lets output wait in the kernel", () => {
  const [, { coalesced }] = build();
  assertEquals(coalesced, [[0x996, 1]]);
});

Deno.test("TinyMachine lets no output wait in the kernel where that is not wanted", () => {
  const [, { coalesced }] = build({ coalesce: false });
  assertEquals(coalesced, []);
});

Deno.test("TinyMachine lets no output wait in the kernel when a newline may be the end", () => {
  const [, { coalesced }] = build({ exitOnNewline: true });
  assertEquals(coalesced, []);
});

Deno.test("TinyMachine takes devices where nothing is", () => {
  const [machine] = build();
  machine.bus.attach("mine", 0x2000, 16, { read: () => 0, write() {} });
  const names = machine.bus.attachments.map(({ name }) => name);
  assertEquals(names, ["console", "crash port", "mine"]);
});

for (const [what, base] of [["console", 0x996], ["crash port", 0xfc0]] as const) {
  Deno.test(`TinyMachine refuses a device that overlaps the ${what}`, () => {
    const [machine] = build();
    const attach = () => machine.bus.attach("mine", base + 1, 1, { read: () => 0, write() {} });
    assertThrows(attach, BusError, `overlaps ${what}`);
  });
}

Deno.test("TinyMachine refuses a program that does not fit before it makes a VM", () => {
  const system = new ScriptedSystem();
  const options = { program: new Uint8Array(5000), memory: 4096 };
  assertThrows(() => new TinyMachine(system, options), TinyMachineError, "there is room for 4096");
  assertEquals(system.regions, []);
});

Deno.test("TinyMachine tells each step with its values", () => {
  const steps: string[] = [];
  build({ trace: { step: (text) => void steps.push(text), note() {} } });
  assertEquals(steps, ["Load program, 4 bytes at 0x10000", "Set vCPU PC to 0x10000"]);
});

Deno.test("TinyMachine notes why each register is set", () => {
  const notes: string[] = [];
  build({ trace: { step() {}, note: (text) => void notes.push(text) } });
  assert(notes.some((note) => /^Set vCPU VBAR_EL1 to 0xf000: ./.test(note)));
});

Deno.test("TinyMachine disposes of its vCPU and its VM", () => {
  const [machine, system] = build();
  machine[Symbol.dispose]();
  assertEquals([system.vcpu.disposed, system.vmsDisposed], [true, 1]);
});

Deno.test("TinyMachine disposes of its vCPU and its VM when it cannot be built", () => {
  const system = new ScriptedSystem();
  system.setUserMemoryRegion = () => {
    throw new Error("no room for this region");
  };
  assertThrows(() => new TinyMachine(system, { program }), Error, "no room for this region");
  assertEquals([system.vcpu.disposed, system.vmsDisposed], [true, 1]);
});
