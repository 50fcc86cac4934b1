/** Compares the system registers' encodings with the assembler's. */

import { assert, assertEquals } from "@std/assert";
import { type SystemRegister, systemRegisters } from "../../kvm/system_registers.ts";
import { assemble, assemblerTest } from "../toolchain.ts";

/** op0 to op2 of an MRS instruction (Arm ARM, C6.2 "MRS"). */
function fieldsOf(mrs: number): SystemRegister {
  return [
    2 + ((mrs >> 19) & 1),
    (mrs >> 16) & 7,
    (mrs >> 12) & 15,
    (mrs >> 8) & 15,
    (mrs >> 5) & 7,
  ];
}

/** The assembler's encodings of registers. */
function encodings(names: readonly string[]): Record<string, SystemRegister> {
  const words = assemble(names.map((name) => `mrs x0, ${name}`));
  return Object.fromEntries(names.map((name, i) => [name, fieldsOf(words[i]!)]));
}

assemblerTest("systemRegisters has the assembler's encodings", () => {
  assertEquals(encodings(Object.keys(systemRegisters())), systemRegisters());
});

assemblerTest("the comparison with the assembler tells one register from another", () => {
  assertEquals(encodings(["far_el1"]).far_el1?.join() === systemRegisters().esr_el1?.join(), false);
});

Deno.test("systemRegisters has only fields that fit into an instruction", () => {
  const limits = [3, 7, 15, 15, 7];
  for (const [name, fields] of Object.entries(systemRegisters())) {
    assert(fields.every((field, i) => field >= 0 && field <= limits[i]!), name);
    assert(fields[0] >= 2, name);
  }
});

Deno.test("systemRegisters has no encoding twice", () => {
  const encodings = Object.values(systemRegisters()).map((fields) => fields.join());
  assertEquals(new Set(encodings).size, encodings.length);
});
