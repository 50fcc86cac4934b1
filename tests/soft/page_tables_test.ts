/** Tests what descriptors of translation tables lead to: pages, blocks, and every kind of fault at every level. */

import { assertEquals } from "@std/assert";
import { acrossAccelerators, onSoft } from "./accelerators.ts";
import { code } from "./assembly/code.ts";
import type { System } from "../../vm/contract.ts";
import { type AccessKind, markPage, tryAccess } from "./steps/access_code.ts";
import { type Range, useMmu } from "./steps/mmu_code.ts";
import { outcome } from "./steps/outcome.ts";
import { Bit, leaf, TableRoom, Tables } from "./steps/tables.ts";
import { Place, Workbench } from "./steps/workbench.ts";

const hex = (value: number | bigint) => `0x${value.toString(16)}`;

const PAGE = Place.free;
/** Where a block of 2 MiB starts, and the page of it that is accessed. */
const BLOCK = 0x20_0000;
const BLOCK_PAGE = BLOCK + PAGE;

/** Writes the descriptors on the way to an address. */
type Write = (tables: Tables, at: bigint) => void;

/** What there is, and the physical address that it leads to. */
const mappings: readonly (readonly [what: string, physical: number, write: Write])[] = [
  ["a page", PAGE, (t, at) => t.map(at, PAGE)],
  ["a page that is one of many", PAGE, (t, at) => t.map(at, PAGE, Bit.contiguous)],
  ["a page with bits for software", PAGE, (t, at) => t.map(at, PAGE, 0xfn << 55n)],
  ["a block of 2 MiB", BLOCK_PAGE, (t, at) => t.map(at, BLOCK, 0n, 2)],
  ["a block of 1 GiB", PAGE, (t, at) => t.map(at, 0, 0n, 1)],
  ["a page behind tables with ignored bits", PAGE, (t, at) => {
    t.map(at, PAGE);
    for (const level of [0, 1, 2]) t.mark(at, level, 0x3ffn << 2n | 0x7fn << 52n);
  }],
];

/** All bits but the one that makes a descriptor valid. */
const JUNK = 0xffff_ffff_ffff_fffen;
const TABLE = Bit.valid | Bit.table;
/** Addresses beyond the 40 bits of physical ones: just, and as far as a descriptor reaches. */
const BEYOND = 1n << 40n;
const FAR_BEYOND = 1n << 47n;
const isNew = (descriptor: bigint) => descriptor & ~Bit.accessed;
const NOBODYS = Bit.readOnly | Bit.pxn | Bit.uxn;

/** What there is, and the fault that every access meets. */
const faults: readonly (readonly [what: string, fault: string, write: Write])[] = [
  ["nothing at level 0", "translation fault, level 0", () => {}],
  ["nothing at level 1", "translation fault, level 1", (t, at) => t.set(at, 1, 0n)],
  ["nothing at level 2", "translation fault, level 2", (t, at) => t.set(at, 2, 0n)],
  ["nothing at level 3", "translation fault, level 3", (t, at) => t.set(at, 3, 0n)],
  ["junk at level 0", "translation fault, level 0", (t, at) => t.set(at, 0, JUNK)],
  ["junk at level 1", "translation fault, level 1", (t, at) => t.set(at, 1, JUNK)],
  ["junk at level 2", "translation fault, level 2", (t, at) => t.set(at, 2, JUNK)],
  ["junk at level 3", "translation fault, level 3", (t, at) => t.set(at, 3, JUNK)],
  ["a block at level 3", "translation fault, level 3", (t, at) => t.set(at, 3, leaf(2, PAGE))],

  ["a new block", "access flag fault, level 1", (t, at) => t.set(at, 1, isNew(leaf(1, 0)))],
  ["a new block", "access flag fault, level 2", (t, at) => t.set(at, 2, isNew(leaf(2, 0)))],
  ["a new page", "access flag fault, level 3", (t, at) => t.set(at, 3, isNew(leaf(3, PAGE)))],
  ["a new page that nobody may use", "access flag fault, level 3", (t, at) => {
    t.set(at, 3, isNew(leaf(3, PAGE, NOBODYS)));
  }],

  ["a table beyond", "address size fault, level 0", (t, at) => t.set(at, 0, BEYOND | TABLE)],
  ["a table beyond", "address size fault, level 1", (t, at) => t.set(at, 1, BEYOND | TABLE)],
  [
    "a table far beyond",
    "address size fault, level 2",
    (t, at) => t.set(at, 2, FAR_BEYOND | TABLE),
  ],
  ["a block beyond", "address size fault, level 1", (t, at) => t.map(at, BEYOND, 0n, 1)],
  ["a block beyond", "address size fault, level 2", (t, at) => t.map(at, BEYOND, 0n, 2)],
  ["a page beyond", "address size fault, level 3", (t, at) => t.map(at, BEYOND)],
  ["a page far beyond", "address size fault, level 3", (t, at) => t.map(at, FAR_BEYOND)],
  ["a new page beyond", "address size fault, level 3", (t, at) => {
    t.set(at, 3, isNew(leaf(3, BEYOND)));
  }],
];

/** The n-th address of a range of 48 bits, which shares no table but the first with the others. */
function slot(range: Range, n: number): bigint {
  const top = range === "upper" ? 0xffffn << 48n : 0n;
  return top | BigInt(n) << 39n | BigInt(PAGE);
}

/** A workbench whose tables for a range have been written; the accesses to each slot. */
function benchWith(system: System, range: Range, writes: readonly Write[]): Workbench {
  const bench = new Workbench(system);
  const tables = new Tables(new TableRoom(bench.memory, Place.tables), 16);
  writes.forEach((write, n) => write(tables, slot(range, n)));
  markPage(bench.memory, PAGE);
  markPage(bench.memory, BLOCK_PAGE);
  useMmu(bench, { range, txsz: 16, ttbr: BigInt(tables.root) });
  return bench;
}

const kinds: readonly AccessKind[] = ["load", "fetch", "store"];

for (const range of ["lower", "upper"] as const) {
  acrossAccelerators(`Mmu finds what tables of the ${range} range map`, async (system) => {
    using bench = benchWith(system, range, mappings.map(([, , write]) => write));
    const tried = mappings.map(([what], n) =>
      [what, kinds.map((kind) => tryAccess(bench, kind, slot(range, n)))] as const
    );
    await bench.run();
    assertEquals(
      tried.map(([what, accesses]) => [what, ...accesses.map((access) => access())]),
      mappings.map(([what, physical]) => [what, `loaded from ${hex(physical)}`, "done", "done"]),
    );
  });

  acrossAccelerators(`Mmu faults where tables of the ${range} range say so`, async (system) => {
    using bench = benchWith(system, range, faults.map(([, , write]) => write));
    const tried = faults.map(([what], n) => {
      const levels = [1, 0] as const;
      const accesses = levels.flatMap((el) =>
        kinds.map((kind) => tryAccess(bench, kind, slot(range, n), el))
      );
      return [what, accesses] as const;
    });
    await bench.run();
    assertEquals(
      tried.map(([what, accesses]) => [what, ...accesses.map((access) => access())]),
      faults.map(([what, fault]) => [what, ...Array(6).fill(fault)]),
    );
  });
}

// The QEMU that the ARM box runs in takes it for a block of 512 GiB.
onSoft("Mmu knows no blocks at level 0", async (system) => {
  using bench = benchWith(system, "lower", [(t, at) => t.set(at, 0, leaf(1, 0))]);
  const tried = kinds.map((kind) => tryAccess(bench, kind, slot("lower", 0)));
  await bench.run();
  assertEquals(tried.map((access) => access()), Array(3).fill("translation fault, level 0"));
});

/** Makes the first table its own next one at each level, and a page of itself. */
function mapToItself(tables: Tables, at: bigint, bits: bigint): void {
  for (const level of [0, 1, 2, 3]) tables.set(at, level, BigInt(tables.root) | TABLE | bits);
}

acrossAccelerators("Mmu follows a table that leads to itself", async (system) => {
  using bench = benchWith(system, "lower", [(t, at) => mapToItself(t, at, Bit.accessed)]);
  const read = bench.add(code`ldr x1, [x0]`, { x: [slot("lower", 0)] });
  await bench.run();
  assertEquals([outcome(read), read.x[1]], [
    "went on",
    BigInt(Place.tables) | TABLE | Bit.accessed,
  ]);
});

acrossAccelerators(
  "Mmu faults at the last level of a table that leads to itself",
  async (system) => {
    using bench = benchWith(system, "lower", [(t, at) => mapToItself(t, at, 0n)]);
    const load = tryAccess(bench, "load", slot("lower", 0));
    await bench.run();
    assertEquals(load(), "access flag fault, level 3");
  },
);

/** TCR_EL1.IPS, a page's address, and what a load comes to there. */
const sizes: readonly (readonly [ips: bigint, physical: bigint, becomes: string])[] = [
  [0n, 0xffff_f000n, "loaded 0x0"],
  [0n, 1n << 32n, "address size fault, level 3"],
  [1n, 1n << 32n, "loaded 0x0"],
  [1n, 1n << 36n, "address size fault, level 3"],
  [2n, 1n << 36n, "loaded 0x0"],
  [2n, 1n << 40n, "address size fault, level 3"],
  // More than the CPU has: as much as it has.
  [5n, 0xff_ffff_f000n, "loaded 0x0"],
  [5n, 1n << 40n, "address size fault, level 3"],
];

for (const [ips, physical, becomes] of sizes) {
  acrossAccelerators(
    `Mmu with TCR_EL1.IPS ${ips} at ${hex(physical)} comes to: ${becomes}`,
    async (system) => {
      using bench = new Workbench(system);
      const tables = new Tables(new TableRoom(bench.memory, Place.tables), 16);
      tables.map(slot("lower", 0), physical);
      useMmu(bench, { txsz: 16, ips, ttbr: BigInt(tables.root) });
      const load = tryAccess(bench, "load", slot("lower", 0));
      await bench.run();
      assertEquals(load(), becomes);
    },
  );
}
