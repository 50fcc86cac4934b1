/** Tests that changes of translation tables are seen as soon as the architecture says so: at TLBI, with another ASID, or at once. */

import { assertEquals } from "@std/assert";
import type { System } from "../../vm/contract.ts";
import { acrossAccelerators } from "./accelerators.ts";
import { type AccessKind, markPage, tryAccess } from "./steps/access_code.ts";
import { useMmu } from "./steps/mmu_code.ts";
import { poke, tlbi, tlbis } from "./steps/table_changes_code.ts";
import { Bit, leaf, TableRoom, Tables } from "./steps/tables.ts";
import { Place, Workbench } from "./steps/workbench.ts";

const A = Place.free;
const B = Place.free + 0x1000;
/** Where blocks of 2 MiB start. */
const BLOCK = 0x20_0000;
const ASID = 5n;
const { readOnly, pxn, nonGlobal } = Bit;
const slot = (n: number) => BigInt(n) << 39n | BigInt(A);
const kinds: readonly AccessKind[] = ["load", "fetch", "store"];
const fault = (level: number) => Array(3).fill(`translation fault, level ${level}`);
const from = (physical: number) => [`loaded from 0x${physical.toString(16)}`, "done", "done"];

/** A workbench, tables for its lower range, and how its steps try an address out. */
function makeBench(system: System) {
  const bench = new Workbench(system);
  const room = new TableRoom(bench.memory, Place.tables);
  for (const page of [A, B, BLOCK + A, BLOCK + B]) markPage(bench.memory, page);
  const tryAll = (address: bigint) => {
    const tried = kinds.map((kind) => tryAccess(bench, kind, address));
    return () => tried.map((access) => access());
  };
  return {
    bench,
    room,
    tables: new Tables(room, 16),
    tryAll,
    [Symbol.dispose]: () => bench[Symbol.dispose](),
  };
}

acrossAccelerators("TLBI makes each access see another page", async (system) => {
  using made = makeBench(system);
  const { bench, tables, tryAll } = made;
  tlbis.forEach((_, n) => tables.map(slot(n), A, nonGlobal));
  useMmu(bench, { txsz: 16, ttbr: ASID << 48n | BigInt(tables.root) });
  const seen = tlbis.map((which, n) => {
    const entry = tables.entry(slot(n), 3);
    const before = tryAll(slot(n));
    poke(bench, entry, 0n);
    tlbi(bench, which, slot(n), ASID);
    const between = tryAll(slot(n));
    // There is nothing to forget of an address without a translation.
    poke(bench, entry, leaf(3, B, nonGlobal));
    return [which, before, between, tryAll(slot(n))] as const;
  });
  await bench.run();
  assertEquals(
    seen.map(([which, ...tries]) => [which, ...tries.map((tried) => tried())]),
    tlbis.map((which) => [which, from(A), fault(3), from(B)]),
  );
});

/** Bits of a page, other bits, and what comes of its accesses then. */
const rights: [what: string, before: bigint, after: bigint, becomes: string[]][] = [
  ["writable", readOnly, 0n, from(A)],
  ["read-only", 0n, readOnly, ["loaded from 0x80000", "done", "permission fault, level 3"]],
  ["executable", pxn, 0n, from(A)],
  ["data", 0n, pxn, ["loaded from 0x80000", "permission fault, level 3", "done"]],
];

for (const [what, before, after, becomes] of rights) {
  acrossAccelerators(`TLBI lets a page become ${what}`, async (system) => {
    using made = makeBench(system);
    const { bench, tables, tryAll } = made;
    tables.map(slot(0), A, before);
    useMmu(bench, { txsz: 16, ttbr: BigInt(tables.root) });
    // Often enough that no engine of the software CPU is left out.
    for (let i = 0; i < 30; i++) tryAll(slot(0));
    poke(bench, tables.entry(slot(0), 3), leaf(3, A, after));
    tlbi(bench, "vae1", slot(0));
    const tried = tryAll(slot(0));
    await bench.run();
    assertEquals(tried(), becomes);
  });
}

acrossAccelerators("Mmu sees descriptors that become valid without TLBI", async (system) => {
  using made = makeBench(system);
  const { bench, tables, tryAll, room } = made;
  const spare = new Tables(room, 16);
  spare.map(slot(0), A);
  useMmu(bench, { txsz: 16, ttbr: BigInt(tables.root) });
  const seen = [0, 1, 2, 3].map((level) => {
    const address = slot(0) + (BigInt(level) << 39n);
    const before = tryAll(address);
    // The tables below are those of another address with the same low bits.
    const descriptor = bench.memory.readUint64(spare.entry(slot(0), level));
    poke(bench, tables.entry(address, level), descriptor);
    return [before, tryAll(address)] as const;
  });
  await bench.run();
  assertEquals(
    seen.map(([before, after]) => [before(), after()]),
    [0, 1, 2, 3].map((level) => [fault(level), from(A)]),
  );
});

acrossAccelerators("Mmu sees an access flag that is set without TLBI", async (system) => {
  using made = makeBench(system);
  const { bench, tables, tryAll } = made;
  tables.set(slot(0), 3, leaf(3, A) & ~Bit.accessed);
  useMmu(bench, { txsz: 16, ttbr: BigInt(tables.root) });
  const before = tryAll(slot(0));
  poke(bench, tables.entry(slot(0), 3), leaf(3, A));
  const after = tryAll(slot(0));
  await bench.run();
  assertEquals([before(), after()], [Array(3).fill("access flag fault, level 3"), from(A)]);
});
