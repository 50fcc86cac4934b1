/** Tests translation tables in places where there is no memory, or no ordinary one. */

import { assertEquals } from "@std/assert";
import { VECTOR_PAGE } from "../../machine/layout.ts";
import type { System } from "../../vm/contract.ts";
import { acrossAccelerators } from "./accelerators.ts";
import { type AccessKind, markPage, tryAccess } from "./steps/access_code.ts";
import { type Range, useMmu } from "./steps/mmu_code.ts";
import { Bit, TableRoom, Tables } from "./steps/tables.ts";
import { Place, Workbench } from "./steps/workbench.ts";

const PAGE = Place.free;
const NOWHERE = 0x8000_0000n;
const TABLE = Bit.valid | Bit.table;
const kinds: readonly AccessKind[] = ["load", "fetch", "store"];

/** The first address of a range of 48 bits. */
const first = (range: Range) => range === "upper" ? 0xffff_0000_0000_0000n : 0n;

/** What becomes of accesses to the first address of a range, for EL1 and then for EL0. */
async function tryFirst(
  system: System,
  range: Range,
  write: (tables: Tables) => bigint,
): Promise<string[]> {
  using bench = new Workbench(system);
  markPage(bench.memory, PAGE);
  const ttbr = write(new Tables(new TableRoom(bench.memory, Place.tables), 16));
  useMmu(bench, { range, txsz: 16, ttbr });
  const tried = ([1, 0] as const).flatMap((el) =>
    kinds.map((kind) => tryAccess(bench, kind, first(range), el))
  );
  await bench.run();
  return tried.map((access) => access());
}

const all = (fault: string) => Array(6).fill(fault);

for (const range of ["lower", "upper"] as const) {
  acrossAccelerators(
    `TTBR of the ${range} range beyond physical addresses faults`,
    async (system) => {
      const beyond = await tryFirst(system, range, () => 1n << 40n);
      assertEquals(beyond, all("address size fault, level 0"));
    },
  );

  acrossAccelerators(`TTBR of the ${range} range where no memory is aborts`, async (system) => {
    assertEquals(await tryFirst(system, range, () => NOWHERE), all("external abort"));
  });
}

for (const level of [0, 1, 2]) {
  acrossAccelerators(
    `a table at level ${level} that leads where no memory is aborts`,
    async (system) => {
      const became = await tryFirst(system, "lower", (tables) => {
        tables.set(0n, level, NOWHERE | TABLE);
        return BigInt(tables.root);
      });
      assertEquals(became, all("external abort"));
    },
  );
}

acrossAccelerators("a table in read-only memory is as good as any", async (system) => {
  using bench = new Workbench(system);
  markPage(bench.memory, PAGE);
  // So small a range has one table, of level 2.
  const tables = new Tables(new TableRoom(bench.memory, VECTOR_PAGE.base), 34);
  tables.map(0n, 0, 0n, 2);
  useMmu(bench, { txsz: 34, ttbr: BigInt(tables.root) });
  const load = tryAccess(bench, "load", BigInt(PAGE));
  await bench.run();
  assertEquals(load(), "loaded from 0x80000");
});
