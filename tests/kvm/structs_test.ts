/** Compares every struct, field by field, with the headers of the kernel and libc. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import type { CType, Fields, Struct } from "../../kvm/struct.ts";
import * as structs from "../../kvm/structs.ts";
import { type Expectation, wrongExpectations } from "../c_assertions.ts";
import { headerTest } from "../toolchain.ts";

/** What C calls a field where the name differs; undefined where C cannot name it. */
const cNames: Record<string, (path: string) => string | undefined> = {
  // The union of the exits has no name: its members are kvm_run's own. The
  // union itself is as large as its member `padding`, which is compared.
  kvm_run: (path) => path === "exit" ? undefined : path.replace(/^exit\./, ""),
  ...Object.fromEntries(
    ["io_uring_params", "io_uring_sqe"].map((name) => [
      name,
      (path: string) => path.endsWith("reserved") ? undefined : path,
    ]),
  ),
  // sigset_t is a struct around one array.
  sigaction: (path) => path === "sa_mask" ? "sa_mask.__val" : path,
};

/** A struct as its users see it, the field names forgotten. */
type AnyStruct = CType & Pick<Struct<Fields>, "offset" | "width">;

/** What must hold of one field. */
function expectField(name: string, type: AnyStruct, path: string): Expectation[] {
  const inC = (cNames[name] ?? String)(path);
  if (inC === undefined) return [];
  const field = path.split(".").reduce<CType>((outer, inner) => outer.fields![inner]!, type);
  const value = `((struct ${name} *)0)->${inC}`;
  const offset: Expectation = [`offsetof(struct ${name}, ${inC})`, type.offset[path]!];
  if (field.element === undefined) return [offset, [`sizeof(${value})`, type.width[path]!]];
  const element: Expectation = [`sizeof(${value}[0])`, type.width[path]!];
  // C knows no size of a flexible array member.
  return field.size === 0 ? [offset, element] : [offset, element, [`sizeof(${value})`, field.size]];
}

function expectStruct(name: string, type: AnyStruct): Expectation[] {
  return [
    [`sizeof(struct ${name})`, type.size],
    [`_Alignof(struct ${name})`, type.align],
    ...Object.keys(type.offset).flatMap((path) => expectField(name, type, path)),
  ];
}

for (const [name, type] of Object.entries(structs)) {
  headerTest(`${name} has the sizes and offsets of C's`, () => {
    assertEquals(wrongExpectations(expectStruct(name, type as AnyStruct)), "");
  });
}

headerTest("the comparison with the headers refuses a wrong offset", () => {
  const offset = structs.kvm_run.offset["exit.mmio.len"] + 1;
  const wrong = {
    ...structs.kvm_run,
    offset: { ...structs.kvm_run.offset, "exit.mmio.len": offset },
  };
  const errors = wrongExpectations(expectStruct("kvm_run", wrong));
  assertStringIncludes(errors, `Orchid says ${offset}`);
  assertEquals(errors.match(/static assertion failed/g)?.length, 1);
});

headerTest("the comparison with the headers refuses a wrong size", () => {
  const wrong = { ...structs.kvm_one_reg, size: 24 };
  assertStringIncludes(wrongExpectations(expectStruct("kvm_one_reg", wrong)), "Orchid says 24");
});

headerTest("the comparison with the headers refuses a field that C does not have", () => {
  const wrong = { ...structs.kvm_one_reg, offset: { id: 0, adr: 8 } };
  const fields = { ...structs.kvm_one_reg.fields, adr: structs.kvm_one_reg.fields.addr };
  assertStringIncludes(
    wrongExpectations(expectStruct("kvm_one_reg", { ...wrong, fields })),
    "adr",
  );
});

// The same without a compiler, for the fields that the run loop lives on (linux/kvm.h).

Deno.test("kvm_run has exit_reason at 8", () => {
  assertEquals(structs.kvm_run.offset.exit_reason, 8);
});

Deno.test("kvm_run has the union of the exits at 32", () => {
  assertEquals(structs.kvm_run.offset.exit, 32);
});

Deno.test("kvm_run has mmio.len at 48", () => {
  assertEquals(structs.kvm_run.offset["exit.mmio.len"], 48);
});

Deno.test("kvm_run has a size of 2352 bytes", () => {
  assertEquals(structs.kvm_run.size, 2352);
});

Deno.test("kvm_coalesced_mmio has a size of 24 bytes", () => {
  assertEquals(structs.kvm_coalesced_mmio.size, 24);
});

Deno.test("kvm_create_device has a size of 12 bytes", () => {
  assertEquals(structs.kvm_create_device.size, 12);
});
