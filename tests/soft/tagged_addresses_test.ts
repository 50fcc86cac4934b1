/** Tests addresses whose highest byte is a tag that TCR_EL1.TBI makes translation ignore. */

import { assertEquals } from "@std/assert";
import type { System } from "../../vm/contract.ts";
import { acrossAccelerators } from "./accelerators.ts";
import { code } from "./assembly/code.ts";
import { markPage, STORED, tryAccess } from "./steps/access_code.ts";
import { type Range, Tcr, useMmu } from "./steps/mmu_code.ts";
import { outcome } from "./steps/outcome.ts";
import { TableRoom, Tables } from "./steps/tables.ts";
import { Place, Workbench } from "./steps/workbench.ts";

const PAGE = Place.free;
const UNTAGGED = (1n << 56n) - 1n;

const ranges = [
  { range: "lower", tbi: Tcr.TBI0, address: 0x1234_5000n },
  { range: "upper", tbi: Tcr.TBI1, address: 0xffff_0000_1234_5000n },
] as const;
/** The tags, of which one is that of no tag at all, in each range. */
const tags = [0x00n, 0x5an, 0x80n, 0xffn];

/** A workbench with tags in a range, a page there, and no other. */
function benchWith(system: System, range: Range, address: bigint, tcr: bigint): Workbench {
  const bench = new Workbench(system);
  const tables = new Tables(new TableRoom(bench.memory, Place.tables), 16);
  markPage(bench.memory, PAGE);
  tables.map(address, PAGE);
  useMmu(bench, { range, txsz: 16, ttbr: BigInt(tables.root), tcr });
  return bench;
}

const tagged = (address: bigint, tag: bigint) => (address & UNTAGGED) | tag << 56n;

for (const { range, tbi, address } of ranges) {
  acrossAccelerators(`loads and stores in the ${range} range ignore tags`, async (system) => {
    using bench = benchWith(system, range, address, tbi);
    const tried = tags.map((tag) =>
      (["load", "store"] as const).map((kind) => tryAccess(bench, kind, tagged(address, tag)))
    );
    await bench.run();
    assertEquals(
      tried.map(([load, store]) => [load!(), store!()]),
      tags.map(() => ["loaded from 0x80000", "done"]),
    );
    assertEquals(bench.memory.readUint64(PAGE + 8), STORED);
  });

  acrossAccelerators(
    `FAR_EL1 keeps the tag of an address in the ${range} range`,
    async (system) => {
      using bench = benchWith(system, range, address, tbi);
      const next = address + 0x1000n;
      const tried = tags.map((tag) => tryAccess(bench, "load", tagged(next, tag)));
      await bench.run();
      assertEquals(tried.map((load) => load()), tags.map(() => "translation fault, level 3"));
    },
  );

  acrossAccelerators(`branches in the ${range} range leave tags behind`, async (system) => {
    using bench = benchWith(system, range, address, tbi);
    const pieces = [code`br x0`, code`ret x0`, code`blr x0`];
    const went = pieces.map((piece) => bench.add(piece, { x: [tagged(address, 0x5an)] }));
    const returned = bench.add(code`nop`, { pc: tagged(address, 0x5an) });
    const lost = bench.add(code`br x0`, { x: [tagged(address + 0x1000n, 0x5an)] });
    await bench.run();
    assertEquals([...went, returned].map(({ elr }) => elr), Array(4).fill(address + 4n));
    assertEquals(outcome(lost), "fetch at EL1: translation fault, level 3");
    assertEquals([lost.elr, lost.far], [address + 0x1000n, address + 0x1000n]);
  });

  acrossAccelerators(
    `tags of the other range count where only ${range} ones do not`,
    async (system) => {
      using bench = benchWith(system, range, address, range === "lower" ? Tcr.TBI1 : Tcr.TBI0);
      const tried = [tryAccess(bench, "load", tagged(address, 0x5an))];
      await bench.run();
      assertEquals(tried.map((load) => load()), ["translation fault, level 0"]);
    },
  );
}
