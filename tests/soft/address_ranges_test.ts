/** Tests how far each range of virtual addresses reaches, and what is said of addresses in no range. */

import { assertEquals } from "@std/assert";
import { acrossAccelerators } from "./accelerators.ts";
import { markPage, STORED, tryAccess } from "./steps/access_code.ts";
import { type Range, Tcr, useMmu } from "./steps/mmu_code.ts";
import { TableRoom, Tables } from "./steps/tables.ts";
import { Place, Workbench } from "./steps/workbench.ts";

const PAGE = 0x1000n;
const DATA = Place.free;
const kinds = ["load", "fetch", "store"] as const;

/** The first address of a range, and the one behind its last. */
function bounds(range: Range, txsz: number): { first: bigint; behind: bigint } {
  const size = 1n << BigInt(64 - txsz);
  if (range === "lower") return { first: 0n, behind: size };
  return { first: (1n << 64n) - size, behind: 1n << 64n };
}

for (const range of ["lower", "upper"] as const) {
  for (const txsz of [16, 24, 25, 32, 33, 34, 39]) {
    acrossAccelerators(`Mmu translates ${64 - txsz} bits of the ${range} range`, async (system) => {
      using bench = new Workbench(system);
      const tables = new Tables(new TableRoom(bench.memory, Place.tables), txsz);
      const { first, behind } = bounds(range, txsz);
      const outside = range === "lower" ? behind : first - PAGE;
      markPage(bench.memory, DATA);
      markPage(bench.memory, DATA + 0x1000);
      tables.map(first, DATA);
      tables.map(behind - PAGE, DATA + 0x1000);
      useMmu(bench, { range, txsz, ttbr: BigInt(tables.root) });
      const tried = [first, behind - PAGE, outside, first + PAGE].map((address) =>
        kinds.map((kind) => tryAccess(bench, kind, address))
      );
      await bench.run();
      assertEquals(tried.map((all) => all.map((access) => access())), [
        ["loaded from 0x80000", "done", "done"],
        ["loaded from 0x81000", "done", "done"],
        Array(3).fill("translation fault, level 0"),
        Array(3).fill("translation fault, level 3"),
      ]);
      const stored = [DATA, DATA + 0x1000].map((page) => bench.memory.readUint64(page + 8));
      assertEquals(stored, [STORED, STORED]);
    });
  }
}

/** Addresses that begin like those of a page at DATA. */
const LOW = 0x12_3450_0000n;
const between = [
  1n << 48n | LOW,
  0x5aff_ff12_3450_0000n,
  0x7fff_ff12_3450_0000n,
  0x8000_0000_0000_0000n,
  0xfffe_ffff_ffff_f000n,
  // Tags, which count as long as TBI is clear.
  0x0100_0000_0000_0000n | LOW,
  0xff00_0000_0000_0000n | LOW,
];

acrossAccelerators("Mmu has no translation for addresses between the ranges", async (system) => {
  using bench = new Workbench(system);
  const tables = new Tables(new TableRoom(bench.memory, Place.tables), 16);
  markPage(bench.memory, DATA);
  tables.map(LOW, DATA);
  useMmu(bench, { txsz: 16, ttbr: BigInt(tables.root) });
  const good = tryAccess(bench, "load", LOW);
  const tried = between.map((address) => kinds.map((kind) => tryAccess(bench, kind, address)));
  await bench.run();
  assertEquals(good(), "loaded from 0x80000");
  for (const accesses of tried) {
    assertEquals(accesses.map((access) => access()), Array(3).fill("translation fault, level 0"));
  }
});

for (const [range, EPD] of [["lower", Tcr.EPD0], ["upper", Tcr.EPD1]] as const) {
  acrossAccelerators(`TCR_EL1.EPD disables walks in the ${range} range`, async (system) => {
    using bench = new Workbench(system);
    const tables = new Tables(new TableRoom(bench.memory, Place.tables), 16);
    const { first } = bounds(range, 16);
    tables.map(first, DATA);
    useMmu(bench, { range, txsz: 16, ttbr: BigInt(tables.root), tcr: EPD });
    const tried = kinds.map((kind) => tryAccess(bench, kind, first));
    await bench.run();
    assertEquals(tried.map((access) => access()), Array(3).fill("translation fault, level 0"));
  });
}
