/** Tests what a tiny machine's vCPU starts with. */

import { assert, assertEquals } from "@std/assert";
import { registerId } from "../../kvm/registers.ts";
import { initialRegisters } from "../../machine/initial_registers.ts";

const registers = initialRegisters({ entry: 0x1_0040, stack: 0x11_0000, vectors: 0xf000 });

Deno.test("initialRegisters has the entry, the stack, the vectors, and SIMD without traps", () => {
  assertEquals(Object.fromEntries(registers.map(([name, value]) => [name, value])), {
    pc: 0x1_0040n,
    sp_el1: 0x11_0000n,
    vbar_el1: 0xf000n,
    cpacr_el1: 0x30_0000n,
  });
});

Deno.test("initialRegisters names registers that there are", () => {
  assertEquals(new Set(registers.map(([name]) => registerId(name))).size, registers.length);
});

Deno.test("initialRegisters says why, of each", () => {
  assert(registers.every(([, , why]) => why.length > 0));
});
