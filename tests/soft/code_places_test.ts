/** Tests code in awkward places: at the end of a page, in pages of two kinds, at the last address of all. */

import { assertEquals } from "@std/assert";
import { registerId } from "../../kvm/registers.ts";
import { run } from "../../main.ts";
import type { System } from "../../vm/contract.ts";
import { acrossAccelerators } from "./accelerators.ts";
import { bytesOf, type Code, code } from "./assembly/code.ts";
import { useMmu, WINDOW } from "./steps/mmu_code.ts";
import { outcome } from "./steps/outcome.ts";
import { poke, tlbi } from "./steps/table_changes_code.ts";
import { Bit, leaf, TableRoom, Tables } from "./steps/tables.ts";
import { LIMIT, Place, Workbench } from "./steps/workbench.ts";

/** Pages of memory, and where two of them are, one behind the other. */
const A = Place.free;
const B = Place.free + 0x2000;
const C = Place.free + 0x4000;
const PAGE = 0x1000;
const FIRST = 0x1234_5000n;
const SECOND = FIRST + BigInt(PAGE);
const END = Bit.uxn | Bit.pxn;

/** Puts code at the end of one page and the rest of it at the start of another. */
function placeAcross(
  bench: Workbench,
  piece: Code,
  inFirst: number,
  pages: [number, number],
): void {
  bench.memory.write(pages[0] + PAGE - 4 * inFirst, bytesOf(piece.words.slice(0, inFirst)));
  bench.memory.write(pages[1], bytesOf(piece.words.slice(inFirst)));
}

/** A workbench with a first page of code, and perhaps a second one. */
function benchWith(
  system: System,
  second?: bigint,
): { bench: Workbench; entry: number } & Disposable {
  const bench = new Workbench(system);
  const tables = new Tables(new TableRoom(bench.memory, Place.tables), 16);
  tables.map(FIRST, A);
  tables.set(SECOND, 3, second ?? 0n);
  useMmu(bench, { txsz: 16, ttbr: BigInt(tables.root) });
  return { bench, entry: tables.entry(SECOND, 3), [Symbol.dispose]: () => bench[Symbol.dispose]() };
}

const nothing = code`nop`;
/** A function, something that calls it, and something that changes it. */
const count = code`
  add x1, x1, #1
  ret
`;
const callOften = code`
  blr x0
  subs x2, x2, #1
  b.ne . - 8
`;
const change = code`
  str w1, [x0]
  dc cvau, x0
  dsb ish
  ic ivau, x3
  dsb ish
  isb
`;

/** Sums up x2 to 1, ten instructions a round; where there is room for 5 of them the rest is in another page. */
const loop = code`
  add x1, x1, x2
  add x3, x3, #1
  add x4, x4, #2
  add x5, x5, #3
  add x6, x6, #4
  add x7, x7, #5
  add x8, x8, #6
  add x9, x9, #7
  subs x2, x2, #1
  b.ne . - 36
  svc #0
`;

for (const inFirst of [1, 5, 9, 10]) {
  acrossAccelerators(
    `a loop with ${inFirst} of its 10 instructions in one page runs on in the next`,
    async (system) => {
      using made = benchWith(system, leaf(3, B));
      const { bench } = made;
      placeAcross(bench, loop, inFirst, [A, B]);
      const rounds = 500n;
      const ran = bench.add(nothing, { pc: SECOND - BigInt(4 * inFirst), x: [0n, 0n, rounds] });
      await bench.run();
      const steps = [1n, 2n, 3n, 4n, 5n, 6n, 7n];
      assertEquals(ran.x.slice(1, 10), [
        rounds * (rounds + 1n) / 2n,
        0n,
        ...steps.map((step) => step * rounds),
      ]);
      assertEquals([outcome(ran), ran.elr], ["went on", SECOND + BigInt(4 * (11 - inFirst))]);
    },
  );
}

const seconds: readonly (readonly [what: string, descriptor: bigint, fault: string])[] = [
  ["is not there", 0n, "translation fault"],
  ["is not executable", leaf(3, B, END), "permission fault"],
  ["is new", leaf(3, B) & ~Bit.accessed, "access flag fault"],
];

for (const [what, descriptor, fault] of seconds) {
  acrossAccelerators(`code that runs into a page that ${what} stops there`, async (system) => {
    using made = benchWith(system, descriptor);
    const { bench } = made;
    placeAcross(bench, loop, 9, [A, B]);
    const ran = Array.from(
      { length: 40 },
      (_, n) => bench.add(nothing, { pc: SECOND - 36n, x: [0n, 1n, BigInt(n)], nzcv: 0xfn }),
    );
    await bench.run();
    ran.forEach((record, n) => {
      assertEquals(outcome(record), `fetch at EL1: ${fault}, level 3`);
      assertEquals([record.elr, record.far], [SECOND, SECOND]);
      const left = BigInt.asUintN(64, BigInt(n) - 1n);
      assertEquals(record.x.slice(1, 10), [1n + BigInt(n), left, 1n, 2n, 3n, 4n, 5n, 6n, 7n]);
    });
    // NZCV of x2 - 1, for 0, 1 and 2.
    assertEquals(ran.slice(0, 3).map(({ spsr }) => spsr >> 28n), [0x8n, 0x6n, 0x2n]);
  });
}

acrossAccelerators("a loop runs on in whatever page is behind it", async (system) => {
  using made = benchWith(system, leaf(3, B));
  const { bench, entry } = made;
  placeAcross(bench, loop, 5, [A, B]);
  placeAcross(bench, loop, 5, [A, C]);
  // In the other page, the seventh instruction does nothing.
  bench.memory.writeUint32(C + 4, nothing.words[0]!);
  const ran = [B, C, B, C].map((physical) => {
    poke(bench, entry, 0n);
    tlbi(bench, "vaae1", SECOND);
    poke(bench, entry, leaf(3, physical));
    return bench.add(nothing, { pc: SECOND - 20n, x: [0n, 0n, 100n] });
  });
  await bench.run();
  assertEquals(ran.map(({ x }) => [x[7], x[8]]), [
    [500n, 600n],
    [500n, 0n],
    [500n, 600n],
    [500n, 0n],
  ]);
});

acrossAccelerators("code at the last address of all changes like any other", async (system) => {
  using bench = new Workbench(system);
  const last = (1n << 64n) - BigInt(PAGE);
  const tables = new Tables(new TableRoom(bench.memory, Place.tables), 16);
  tables.map(last, A);
  useMmu(bench, { range: "upper", txsz: 16, ttbr: BigInt(tables.root) });
  const place = A + PAGE - 4 * count.words.length;
  bench.memory.write(place, bytesOf(count.words));
  const at = (1n << 64n) - BigInt(4 * count.words.length);
  const call = (words: Code) => {
    bench.add(change, { x: [bench.address(place) + WINDOW, BigInt(words.words[0]!), 0n, at] });
    return bench.add(callOften, { x: [at, 0n, 100n] });
  };
  const ran = [call(code`add x1, x1, #1`), call(code`add x1, x1, #3`), call(code`add x1, x1, #1`)];
  await bench.run();
  assertEquals(ran.map(outcome), Array(3).fill("went on"));
  assertEquals(ran.map(({ x }) => x[1]), [100n, 300n, 100n]);
});

for (const el of [0, 1] as const) {
  acrossAccelerators(`a branch to itself at EL${el} ends by an AbortSignal`, async (system) => {
    using made = benchWith(system, leaf(3, B, Bit.el0 | Bit.readOnly));
    const { bench } = made;
    bench.memory.writeUint32(B, code`b .`.words[0]!);
    bench.add(nothing, { el, pc: SECOND, x: [7n], nzcv: 0b0101n });
    const { machine } = bench;
    const register = (name: string) => machine.vcpu.getOneReg(registerId(name));
    const controller = new AbortController();
    const turn = machine.turn.bind(machine);
    machine.turn = () => {
      if (register("pc") === SECOND) controller.abort();
      return turn();
    };
    const end = await run(
      machine,
      AbortSignal.any([controller.signal, AbortSignal.timeout(LIMIT)]),
    );
    assertEquals(end.kind, "aborted");
    const found = ["pc", "x0", "pstate"].map(register);
    assertEquals(found, [SECOND, 7n, 0x5000_03c0n | (el === 1 ? 0b0100n : 0n)]);
  });
}
