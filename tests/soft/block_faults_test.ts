/** Tests that an instruction which faults in the middle of straight code leaves everything as it found it, and all before it done. */

import { assertEquals } from "@std/assert";
import type { System } from "../../vm/contract.ts";
import { acrossAccelerators } from "./accelerators.ts";
import { type Code, code, join } from "./assembly/code.ts";
import { useMmu } from "./steps/mmu_code.ts";
import { outcome } from "./steps/outcome.ts";
import { Bit, TableRoom, Tables } from "./steps/tables.ts";
import { Place, Workbench } from "./steps/workbench.ts";

/** A page, a page that may only be read, and none behind them. */
const PAGE = 0x1234_5000n;
const READ_ONLY = PAGE + 0x1000n;
const NOTHING = READ_ONLY + 0x1000n;
const READ = "read at EL1: translation fault, level 3";
const WRITE = "write at EL1: translation fault, level 3";
const DENIED = "write at EL1: permission fault, level 3";

/** Instructions before and behind the one that faults: both change x3 and the flags. */
const before = code`
  add x3, x3, #1
  adds x4, x5, x6
`;
const behind = code`
  add x3, x3, #1
  subs x4, x3, x3
`;

/** An instruction, its x0, what it comes to, and the address that it cannot access, from x0. */
type Case = readonly [piece: Code, x0: bigint, fault: string, far?: bigint];

const cases: readonly Case[] = [
  [code`ldr x1, [x0]`, NOTHING, READ],
  [code`ldr x0, [x0]`, NOTHING, READ],
  [code`ldrsb w1, [x0, #1]!`, NOTHING, READ, 1n],
  [code`ldr x1, [x0], #8`, NOTHING, READ],
  [code`ldr x1, [x0, #-8]!`, NOTHING + 8n, READ, -8n],
  [code`ldr x1, [x0, x2]`, NOTHING - 9n, READ, 9n],
  [code`ldr w1, [sp], #16`, NOTHING, READ],
  [code`str x1, [x0], #8`, NOTHING, WRITE],
  [code`str x1, [x0, #-8]!`, NOTHING + 8n, WRITE, -8n],
  [code`str x2, [x0, #8]!`, NOTHING, WRITE, 8n],
  [code`strb w1, [x0]`, READ_ONLY, DENIED],
  [code`str x1, [sp, #-16]!`, READ_ONLY + 32n, DENIED, -16n],
  // The second of two is in another page.
  [code`ldp x1, x2, [x0]`, NOTHING - 8n, READ, 8n],
  [code`ldp x1, x0, [x0]`, NOTHING - 8n, READ, 8n],
  [code`ldp x0, x1, [x0]`, NOTHING - 8n, READ, 8n],
  [code`ldp x1, x2, [x0], #16`, NOTHING - 8n, READ, 8n],
  [code`ldp w1, w2, [x0, #-8]!`, NOTHING + 4n, READ, -4n],
  [code`ldpsw x1, x2, [x0], #8`, NOTHING - 4n, READ, 4n],
  [code`stp x1, x2, [x0], #16`, READ_ONLY - 8n, DENIED, 8n],
  [code`stp x1, x2, [x0, #-16]!`, READ_ONLY + 8n, DENIED, -8n],
  [code`ldr x1, [x0], #8`, NOTHING - 4n, READ, 4n],
  [code`str x1, [x0, #8]!`, READ_ONLY - 12n, DENIED, 12n],
  [code`ldar x1, [x0]`, NOTHING, READ],
  [code`stlr x1, [x0]`, READ_ONLY, DENIED],
  [code`ldaxr x1, [x0]`, NOTHING, READ],
  [code`ldxp x1, x2, [x0]`, NOTHING, READ],
  [code`swp x1, x2, [x0]`, READ_ONLY, DENIED],
  [code`ldadd x1, x2, [x0]`, READ_ONLY, DENIED],
  [code`cas x1, x2, [x0]`, READ_ONLY, DENIED],
  [code`casp x8, x9, x10, x11, [x0]`, READ_ONLY, DENIED],
  [code`ldtr x1, [x0]`, PAGE, "read at EL1: permission fault, level 3"],
];

/** A workbench with those pages, for EL1 alone. */
function benchWith(system: System): Workbench {
  const bench = new Workbench(system);
  const tables = new Tables(new TableRoom(bench.memory, Place.tables), 16);
  tables.map(PAGE, Place.free);
  tables.map(READ_ONLY, Place.free + 0x1000, Bit.readOnly);
  useMmu(bench, { txsz: 16, ttbr: BigInt(tables.root) });
  return bench;
}

/** All different; x5 and x6 make a sum with the flags Z, C and V. */
const ALL = Array.from({ length: 31 }, (_, n) => 0x0101_0101_0101_0101n * BigInt(n));
const HALF = 1n << 63n;
const start = (x0: bigint) => [x0, ALL[1]!, 9n, ALL[3]!, ALL[4]!, HALF, HALF, ...ALL.slice(7)];
const FLAGS = 0b0111n;

acrossAccelerators("an instruction that faults changes no register", async (system) => {
  using bench = benchWith(system);
  const tried = cases.map(([piece, x0]) => {
    const whole = join(before, piece, behind);
    const at = bench.address(bench.place(whole) + 4 * before.words.length);
    return { at, record: bench.add(whole, { x: start(x0), sp: x0, nzcv: 0b1000n }) };
  });
  await bench.run();
  cases.forEach(([piece, x0, fault, far = 0n], n) => {
    const { at, record } = tried[n]!;
    const x = start(x0).with(3, ALL[3]! + 1n).with(4, 0n);
    assertEquals(
      { fault: outcome(record), far: record.far, elr: record.elr, flags: record.spsr >> 28n },
      { fault, far: x0 + far, elr: at, flags: FLAGS },
      piece.lines[0],
    );
    assertEquals([record.x, record.spEl0], [x, x0], piece.lines[0]);
  });
});
