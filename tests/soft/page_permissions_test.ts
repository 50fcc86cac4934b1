/** Tests who may do what with a page: AP, UXN and PXN of pages, blocks and tables, and SCTLR_EL1.WXN. */

import { assertEquals } from "@std/assert";
import type { System } from "../../vm/contract.ts";
import { acrossAccelerators } from "./accelerators.ts";
import { type AccessKind, markPage, tryAccess } from "./steps/access_code.ts";
import { Sctlr, useMmu } from "./steps/mmu_code.ts";
import { Bit, TableRoom, Tables } from "./steps/tables.ts";
import { Place, Workbench } from "./steps/workbench.ts";

const PAGE = Place.free;
const { el0, readOnly, uxn, pxn, noEl0Table, readOnlyTable, uxnTable, pxnTable } = Bit;
const allOfTables = noEl0Table | readOnlyTable | uxnTable | pxnTable;

/** What EL1 and EL0 may do, by bits of the page or block, and of the tables above it. */
interface Row {
  readonly what: string;
  readonly bits: bigint;
  readonly tableBits?: bigint;
  /** Read, write, execute. */
  readonly el1: string;
  readonly el0: string;
}

const rows: readonly Row[] = [
  { what: "nothing", bits: 0n, el1: "rwx", el0: "--x" },
  // What EL0 may write, EL1 never executes.
  { what: "EL0", bits: el0, el1: "rw-", el0: "rwx" },
  { what: "read-only", bits: readOnly, el1: "r-x", el0: "--x" },
  { what: "EL0, read-only", bits: el0 | readOnly, el1: "r-x", el0: "r-x" },
  { what: "UXN", bits: uxn, el1: "rwx", el0: "---" },
  { what: "EL0, UXN", bits: el0 | uxn, el1: "rw-", el0: "rw-" },
  { what: "EL0, read-only, UXN", bits: el0 | readOnly | uxn, el1: "r-x", el0: "r--" },
  { what: "PXN", bits: pxn, el1: "rw-", el0: "--x" },
  { what: "EL0, read-only, PXN", bits: el0 | readOnly | pxn, el1: "r--", el0: "r-x" },
  { what: "EL0, UXN, PXN", bits: el0 | uxn | pxn, el1: "rw-", el0: "rw-" },
  { what: "read-only, UXN, PXN", bits: readOnly | uxn | pxn, el1: "r--", el0: "---" },
];

const rowsOfTables: readonly Row[] = [
  { what: "table not for EL0", bits: el0, tableBits: noEl0Table, el1: "rwx", el0: "--x" },
  {
    what: "table not for EL0, read-only",
    bits: el0 | readOnly,
    tableBits: noEl0Table,
    el1: "r-x",
    el0: "--x",
  },
  { what: "read-only table", bits: 0n, tableBits: readOnlyTable, el1: "r-x", el0: "--x" },
  { what: "read-only table, EL0", bits: el0, tableBits: readOnlyTable, el1: "r-x", el0: "r-x" },
  {
    what: "read-only table not for EL0",
    bits: el0,
    tableBits: noEl0Table | readOnlyTable,
    el1: "r-x",
    el0: "--x",
  },
  { what: "UXN table", bits: el0 | readOnly, tableBits: uxnTable, el1: "r-x", el0: "r--" },
  { what: "UXN table, writable", bits: el0, tableBits: uxnTable, el1: "rw-", el0: "rw-" },
  { what: "PXN table", bits: 0n, tableBits: pxnTable, el1: "rw-", el0: "--x" },
  {
    what: "PXN table, read-only",
    bits: el0 | readOnly,
    tableBits: pxnTable,
    el1: "r--",
    el0: "r-x",
  },
  { what: "all of them", bits: el0, tableBits: allOfTables, el1: "r--", el0: "---" },
];

/** With SCTLR_EL1.WXN: what may be written is not executed. */
const rowsOfWxn: readonly Row[] = [
  { what: "nothing", bits: 0n, el1: "rw-", el0: "--x" },
  { what: "EL0", bits: el0, el1: "rw-", el0: "rw-" },
  { what: "read-only", bits: readOnly, el1: "r-x", el0: "--x" },
  { what: "EL0, read-only", bits: el0 | readOnly, el1: "r-x", el0: "r-x" },
  { what: "EL0, UXN", bits: el0 | uxn, el1: "rw-", el0: "rw-" },
  { what: "read-only table", bits: 0n, tableBits: readOnlyTable, el1: "r-x", el0: "--x" },
  { what: "table not for EL0", bits: el0, tableBits: noEl0Table, el1: "rw-", el0: "--x" },
];

/** At which levels bits are set. */
interface Levels {
  readonly leaf: number;
  readonly table: number;
}

/** An address that shares no table but the first with others. */
const slot = (n: number) => BigInt(n) << 39n | BigInt(PAGE);
const rightsOf = (row: Row) => ({ what: row.what, el1: row.el1, el0: row.el0 });

/** A workbench with a page or block for each row. */
function benchWith(system: System, all: readonly Row[], levels: Levels, sctlr = 0n): Workbench {
  const bench = new Workbench(system);
  const tables = new Tables(new TableRoom(bench.memory, Place.tables), 16);
  markPage(bench.memory, PAGE);
  all.forEach(({ bits, tableBits = 0n }, n) => {
    tables.map(slot(n), levels.leaf === 3 ? PAGE : 0, bits, levels.leaf);
    tables.mark(slot(n), levels.table, tableBits);
  });
  useMmu(bench, { txsz: 16, ttbr: BigInt(tables.root), sctlr });
  return bench;
}

/** Adds steps that find out rights; what they give tells, after the run, in letters; "?" would be another fault. */
function tryRights(
  bench: Workbench,
  address: bigint,
  level: number,
  kinds: readonly (readonly [AccessKind, letter: string])[],
  el: 0 | 1,
): () => string {
  const tried = kinds.map(([kind, letter]) =>
    [tryAccess(bench, kind, address, el), letter] as const
  );
  return () =>
    tried.map(([access, letter]) => {
      const became = access();
      if (became === `permission fault, level ${level}`) return "-";
      return became === "done" || became === "loaded from 0x80000" ? letter : `? ${became}`;
    }).join("");
}

const rwx = [["load", "r"], ["store", "w"], ["fetch", "x"]] as const;

/** Finds out the rights of each row, and compares. */
async function compareRights(system: System, all: readonly Row[], levels: Levels, sctlr = 0n) {
  using bench = benchWith(system, all, levels, sctlr);
  const tried = all.map(({ what }, n) => ({
    what,
    el1: tryRights(bench, slot(n), levels.leaf, rwx, 1),
    el0: tryRights(bench, slot(n), levels.leaf, rwx, 0),
  }));
  await bench.run();
  const found = tried.map(({ what, el1, el0 }) => ({ what, el1: el1(), el0: el0() }));
  assertEquals(found, all.map(rightsOf));
}

for (const leaf of [1, 2, 3]) {
  acrossAccelerators(`Mmu grants what a descriptor at level ${leaf} says`, async (system) => {
    await compareRights(system, rows, { leaf, table: 0 });
  });
}

for (const [table, leaf] of [[0, 3], [1, 3], [2, 3], [1, 2], [0, 1]] as const) {
  const name = `Mmu takes from level ${leaf} what a table at level ${table} denies`;
  acrossAccelerators(name, async (system) => {
    await compareRights(system, rowsOfTables, { leaf, table });
  });
}

acrossAccelerators("SCTLR_EL1.WXN keeps from execution what may be written", async (system) => {
  await compareRights(system, rowsOfWxn, { leaf: 3, table: 1 }, Sctlr.WXN);
});

acrossAccelerators("ldtr and sttr have EL0's rights at EL1", async (system) => {
  const all = [...rows, ...rowsOfTables];
  using bench = benchWith(system, all, { leaf: 3, table: 2 });
  const kinds = [["ldtr", "r"], ["sttr", "w"]] as const;
  const tried = all.map((_row, n) => tryRights(bench, slot(n), 3, kinds, 1));
  await bench.run();
  const found = all.map(({ what }, n) => [what, tried[n]!()]);
  assertEquals(found, all.map((row) => [row.what, row.el0.slice(0, 2)]));
});
