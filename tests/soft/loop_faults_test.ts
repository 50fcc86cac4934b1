/** Tests loops that have run long enough to be translated, and fault in some iteration. */

import { assertEquals } from "@std/assert";
import type { System } from "../../vm/contract.ts";
import { acrossAccelerators } from "./accelerators.ts";
import { type Code, code } from "./assembly/code.ts";
import { useMmu } from "./steps/mmu_code.ts";
import { outcome } from "./steps/outcome.ts";
import { poke, tlbi } from "./steps/table_changes_code.ts";
import { Bit, leaf, TableRoom, Tables } from "./steps/tables.ts";
import { Place, Workbench } from "./steps/workbench.ts";

/** A page, one that may only be read, and none behind it; of memory, and at an address. */
const MEMORY = Place.free;
const PAGE = 0x1234_5000n;
const READ_ONLY = PAGE + 0x1000n;
const NOTHING = PAGE + 0x2000n;
const WORDS = 0x2000 / 8;

/** A workbench with these pages, full of what `word` gives. */
function benchWith(
  system: System,
  el: 0 | 1,
  word: (n: number) => bigint,
): { bench: Workbench; tables: Tables } & Disposable {
  const bench = new Workbench(system);
  const bits = el === 0 ? Bit.el0 : 0n;
  const tables = new Tables(new TableRoom(bench.memory, Place.tables), 16);
  tables.map(PAGE, MEMORY, bits);
  tables.map(READ_ONLY, MEMORY + 0x1000, bits | Bit.readOnly);
  for (let n = 0; n < WORDS; n++) bench.memory.writeUint64(MEMORY + 8 * n, word(n));
  useMmu(bench, { txsz: 16, ttbr: BigInt(tables.root) });
  return { bench, tables, [Symbol.dispose]: () => bench[Symbol.dispose]() };
}

/** Goes through a permutation of all words but for the last, which leads to nothing. */
const STRIDE = 389;
const next = (n: number) => (n + STRIDE) % WORDS;
const chain = (n: number) => next(n) === 0 ? NOTHING : PAGE + BigInt(8 * next(n));

/** A loop that starts with x0 to x2, and the registers at its fault. */
interface Loop {
  readonly what: string;
  readonly piece: Code;
  readonly x: readonly bigint[];
  readonly word: (n: number) => bigint;
  readonly fault: string;
  /** Which of the instructions faults. */
  readonly at: number;
  readonly left: readonly bigint[];
  /** NZCV. */
  readonly flags: bigint;
}

const MANY = 5000n;

const loops: readonly Loop[] = [
  {
    what: "that fills memory",
    piece: code`
      str x1, [x0], #8
      add x1, x1, #1
      subs x2, x2, #1
      b.ne . - 12
    `,
    x: [PAGE, 0n, MANY],
    word: () => 0n,
    fault: "write: permission fault, level 3",
    at: 0,
    left: [READ_ONLY, 512n, MANY - 512n],
    flags: 0b0010n,
  },
  {
    what: "that sums up pairs",
    piece: code`
      subs x2, x2, #1
      add x4, x4, x3
      ldp x1, x3, [x0], #16
      add x4, x4, x1
      b.ne . - 16
    `,
    x: [PAGE, 0n, 513n, 0n, 0n],
    word: (n) => BigInt(n),
    fault: "read: translation fault, level 3",
    at: 2,
    left: [NOTHING, 1022n, 0n, 1023n, 1023n * 512n],
    flags: 0b0110n,
  },
  {
    what: "that calls a function that loads",
    piece: code`
      bl . + 16
      subs x2, x2, #3
      b.ne . - 8
      svc #0
      ldr w1, [x0], #4
      add x4, x4, x1
      ret
    `,
    x: [PAGE, 0n, MANY, 0n, 0n],
    word: () => 0x0000_0001_0000_0002n,
    fault: "read: translation fault, level 3",
    at: 4,
    left: [NOTHING, 1n, BigInt.asUintN(64, MANY - 3n * 2048n), 0n, 3n * 1024n],
    flags: 0b1010n,
  },
  {
    what: "that follows pointers",
    piece: code`
      ldr x0, [x0]
      add x1, x1, #1
      b . - 8
    `,
    x: [PAGE],
    word: chain,
    fault: "read: translation fault, level 3",
    at: 0,
    left: [NOTHING, 1024n],
    flags: 0n,
  },
];

for (const loop of loops) {
  for (const el of [0, 1] as const) {
    acrossAccelerators(`a loop at EL${el} ${loop.what} faults exactly`, async (system) => {
      using made = benchWith(system, el, loop.word);
      const { bench } = made;
      const record = bench.add(loop.piece, { el, x: loop.x });
      await bench.run();
      assertEquals(outcome(record).replace(` at EL${el}`, ""), loop.fault);
      assertEquals(record.x.slice(0, loop.left.length), loop.left);
      const at = bench.address(bench.place(loop.piece));
      assertEquals([record.elr, record.far], [at + BigInt(4 * loop.at), loop.left[0]]);
      assertEquals(record.spsr >> 28n, loop.flags);
    });
  }
}

acrossAccelerators("a loop goes on where it has faulted", async (system) => {
  using made = benchWith(system, 1, () => 0n);
  const { bench, tables } = made;
  const { piece } = loops[0]!;
  const first = bench.add(piece, { x: [PAGE, 0n, 1024n] });
  poke(bench, tables.entry(READ_ONLY, 3), leaf(3, MEMORY + 0x1000));
  tlbi(bench, "vae1", READ_ONLY);
  const second = bench.add(piece, { x: [READ_ONLY, 512n, 512n] });
  await bench.run();
  assertEquals([first, second].map(({ x }) => x.slice(0, 3)), [
    [READ_ONLY, 512n, 512n],
    [NOTHING, 1024n, 0n],
  ]);
  assertEquals([first, second].map(outcome), [
    "write at EL1: permission fault, level 3",
    "went on",
  ]);
  const stored = Array.from({ length: WORDS }, (_, n) => bench.memory.readUint64(MEMORY + 8 * n));
  assertEquals(stored, stored.map((_, n) => BigInt(n)));
});

/** A function in page after page. */
const FUNCTIONS = 0x1_0000_0000n;
const callAll = code`
  add x1, x1, #1
  blr x0
  add x0, x0, #1, lsl #12
  b . - 12
`;

acrossAccelerators("a loop faults when it calls what is not executable", async (system) => {
  using made = benchWith(system, 1, () => 0n);
  const { bench, tables } = made;
  bench.place(code`ret`, MEMORY);
  for (let n = 0n; n < 100n; n++) tables.map(FUNCTIONS + (n << 12n), MEMORY);
  tables.map(FUNCTIONS + (100n << 12n), MEMORY, Bit.pxn);
  const record = bench.add(callAll, { x: [FUNCTIONS] });
  await bench.run();
  const page = FUNCTIONS + (100n << 12n);
  const at = bench.address(bench.place(callAll));
  assertEquals(outcome(record), "fetch at EL1: permission fault, level 3");
  assertEquals([record.elr, record.far, record.x[0], record.x[1]], [page, page, page, 101n]);
  assertEquals(record.x[30], at + 8n);
});
