import { assertEquals } from "@std/assert";
import { AccessKind } from "../../soft/mmu.ts";
import { BareCpu } from "./bare_cpu.ts";
import { Descriptor, entryOf, mapVa, tableOf, translated, VA } from "./page_table.ts";

const { AF, AP_EL0, AP_READ_ONLY, BLOCK, PAGE, PXN, UXN } = Descriptor;
const { read, write, execute } = AccessKind;

/** A page for everybody. */
const page = 0x8000_0000n | PAGE | AF | AP_EL0;
const block = 0x8000_0000n | BLOCK | AF | AP_EL0;

/** Who may do what: letters for EL1's and EL0's reading, writing, executing. */
function rights(machine: BareCpu): string {
  const letters = [[read, "r"], [write, "w"], [execute, "x"]] as const;
  const of = (el: 0 | 1) =>
    letters.map(([kind, letter]) =>
      translated(machine, VA, kind, el).startsWith("0x") ? letter : "-"
    )
      .join("");
  return `EL1 ${of(1)} EL0 ${of(0)}`;
}

const bare = page & ~AP_EL0;
const WXN = 1n | 1n << 19n;
const permissions: readonly [string, leaf: bigint, table: bigint, sctlr: bigint, rights: string][] =
  [
    ["AP 00", bare, 0n, 1n, "EL1 rwx EL0 --x"],
    ["AP 01", page, 0n, 1n, "EL1 rw- EL0 rwx"],
    ["AP 10", bare | AP_READ_ONLY, 0n, 1n, "EL1 r-x EL0 --x"],
    ["AP 11", page | AP_READ_ONLY, 0n, 1n, "EL1 r-x EL0 r-x"],
    ["UXN", page | AP_READ_ONLY | UXN, 0n, 1n, "EL1 r-x EL0 r--"],
    ["PXN", page | AP_READ_ONLY | PXN, 0n, 1n, "EL1 r-- EL0 r-x"],
    ["APTable 01", page, Descriptor.AP_TABLE_NO_EL0, 1n, "EL1 rwx EL0 --x"],
    ["APTable 10", page, Descriptor.AP_TABLE_READ_ONLY, 1n, "EL1 r-x EL0 r-x"],
    ["APTable 11", page, 3n << 61n, 1n, "EL1 r-x EL0 --x"],
    ["UXNTable", page | AP_READ_ONLY, Descriptor.UXN_TABLE, 1n, "EL1 r-x EL0 r--"],
    ["PXNTable", page | AP_READ_ONLY, Descriptor.PXN_TABLE, 1n, "EL1 r-- EL0 r-x"],
    ["NSTable", page, 1n << 63n, 1n, "EL1 rw- EL0 rwx"],
    ["WXN and AP 00", bare, 0n, WXN, "EL1 rw- EL0 --x"],
    ["WXN and AP 01", page, 0n, WXN, "EL1 rw- EL0 rw-"],
    ["WXN and AP 11", page | AP_READ_ONLY, 0n, WXN, "EL1 r-x EL0 r-x"],
  ];
for (const [name, leaf, table, sctlr, expected] of permissions) {
  Deno.test(`Mmu.translate with ${name} allows ${expected}`, () => {
    for (const level of [0, 1, 2]) {
      const machine = mapVa(new BareCpu(), 3, leaf).set({ sctlr_el1: sctlr });
      machine.writeUint64(entryOf(level), tableOf(level + 1) | table);
      assertEquals(rights(machine), expected);
    }
  });
}

for (const [level, leaf] of [[1, block], [2, block], [3, page]] as const) {
  Deno.test(`Mmu.translate reports a permission fault of level ${level}`, () => {
    const machine = mapVa(new BareCpu(), level, leaf | AP_READ_ONLY);
    assertEquals(translated(machine, VA, write, 0), `permission fault, level ${level}`);
  });
}

Deno.test("Mmu tells what else may be done with a page that was read", () => {
  const machine = mapVa(new BareCpu(), 3, page);
  translated(machine, VA, read, 1);
  const { readable, writable, executable } = machine.mmu;
  assertEquals({ readable, writable, executable }, {
    readable: true,
    writable: true,
    executable: false,
  });
});

const kinds: readonly [attributes: number, isDevice: boolean][] = [
  [0x00, true],
  [0x04, true],
  [0x0c, true],
  [0x44, false],
  [0xbb, false],
  [0xff, false],
];
for (const [attributes, isDevice] of kinds) {
  Deno.test(`Mmu.isDevice is ${isDevice} for the memory attributes 0x${attributes.toString(16)}`, () => {
    for (const index of [0n, 3n, 4n, 7n]) {
      const machine = mapVa(new BareCpu(), 3, page | index << 2n);
      machine.set({
        mair_el1: BigInt(attributes) << 8n * index | 0xffn << 8n * ((index + 1n) % 8n),
      });
      translated(machine);
      assertEquals([machine.mmu.isDevice, machine.mmu.isNormal], [isDevice, !isDevice]);
    }
  });
}

Deno.test("Mmu.isDevice with the MMU off is true for data, not for code", () => {
  const machine = new BareCpu();
  const found = [read, write, execute].map((access) => {
    translated(machine, 0x1000n, access);
    return machine.mmu.isDevice;
  });
  assertEquals(found, [true, true, false]);
});
