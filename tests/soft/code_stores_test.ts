/** Tests that code changes by whatever store, through whatever address, for whoever runs it. */

import { assertEquals } from "@std/assert";
import type { System } from "../../vm/contract.ts";
import { acrossAccelerators } from "./accelerators.ts";
import { type Code, code } from "./assembly/code.ts";
import { useMmu, WINDOW } from "./steps/mmu_code.ts";
import { outcome } from "./steps/outcome.ts";
import { Bit, TableRoom, Tables } from "./steps/tables.ts";
import { Place, Workbench } from "./steps/workbench.ts";

/** The function, as it is at first, and as it may become. */
const one = code`
  mov x1, #1
  ret
`;
const MOV_1 = BigInt(one.words[0]!);
const MOV_2 = BigInt(code`mov x1, #2`.words[0]!);
const RET = BigInt(one.words[1]!);
/** What place() puts behind a function. */
const SVC = BigInt(code`svc #0`.words[0]!);

/** More calls than any code needs to become hot. */
const MANY = 60n;

/** Where pairs of pages are, one behind the other: in memory, and at two addresses, where EL1 may do anything. */
const PAGES = Place.free;
const ADDRESSES = [0x1234_0000n, 0x6_789a_0000n] as const;
const PAIR = 0x2000;
/** The function's place in a pair: the start of the second page. */
const SECOND = 0x1000;
const FUNCTION = PAGES + SECOND;
const functions = ADDRESSES.map((address) => address + BigInt(SECOND));

/** A workbench with a function in each pair. @param bits More bits of the second pages. */
function benchWith(system: System, { pairs = 1, bits = 0n } = {}): Workbench {
  const bench = new Workbench(system);
  const tables = new Tables(new TableRoom(bench.memory, Place.tables), 16);
  for (let at = 0; at < pairs * PAIR; at += PAIR) {
    bench.place(one, FUNCTION + at);
    for (const address of ADDRESSES) {
      tables.map(address + BigInt(at), PAGES + at);
      tables.map(address + BigInt(at + SECOND), FUNCTION + at, bits);
    }
  }
  useMmu(bench, { txsz: 16, ttbr: BigInt(tables.root) });
  return bench;
}

/** Calls the function at x0, x2 times. */
const call = code`
  blr x0
  subs x2, x2, #1
  b.ne . - 8
`;

/** Lets code that was changed at x0 be seen there. */
const publish = code`
  dc cvau, x0
  dsb ish
  ic ivau, x0
  dsb ish
  isb
`;

/** A store, what it has in x0 less the function's address, in x1 to x5, and what the function comes to. */
type Store = readonly [piece: Code, offset: bigint, x: readonly bigint[], becomes?: string];

const DOUBLE = RET << 32n | MOV_2;
const stores: readonly Store[] = [
  [code`strb w1, [x0]`, 0n, [MOV_2 & 0xffn]],
  [code`strh w1, [x0]`, 0n, [MOV_2 & 0xffffn]],
  [code`str w1, [x0]`, 0n, [MOV_2]],
  [code`str x1, [x0]`, 0n, [DOUBLE]],
  [code`str w1, [x0, #-4]!`, 4n, [MOV_2]],
  [code`str w1, [x0], #4`, 0n, [MOV_2]],
  [code`str w1, [x0, x2, lsl #2]`, -8n, [MOV_2, 2n]],
  [code`stur w1, [x0, #3]`, -3n, [MOV_2]],
  [code`stp w1, w2, [x0]`, 0n, [MOV_2, RET]],
  [code`stp w2, w1, [x0, #-4]`, 0n, [MOV_2, 0n]],
  [code`stp x1, x2, [x0]`, 0n, [DOUBLE, SVC]],
  [code`stlr w1, [x0]`, 0n, [MOV_2]],
  [code`swp w1, w2, [x0]`, 0n, [MOV_2]],
  [code`ldadd w1, w2, [x0]`, 0n, [MOV_2 - MOV_1]],
  [code`ldeorb w1, w2, [x0]`, 0n, [(MOV_2 ^ MOV_1) & 0xffn]],
  [code`cas w2, w1, [x0]`, 0n, [MOV_2, MOV_1]],
  [code`casp x2, x3, x4, x5, [x0]`, 0n, [0n, RET << 32n | MOV_1, SVC, DOUBLE, SVC]],
  [
    code`
      ldxr w2, [x0]
      stxr w3, w1, [x0]
    `,
    0n,
    [MOV_2],
  ],
  [
    code`
      ldaxp w2, w3, [x0]
      stlxp w4, w1, w3, [x0]
    `,
    0n,
    [MOV_2],
  ],
  // From one page into the other.
  [code`str x1, [x0]`, -4n, [MOV_2 << 32n]],
  [code`strh w1, [x0]`, -1n, [(MOV_2 & 0xffn) << 8n]],
  [code`dc zva, x0`, 32n, [], "undefined"],
];

acrossAccelerators("every kind of store changes code", async (system) => {
  using bench = benchWith(system, { pairs: stores.length });
  const seen = stores.map(([piece, offset, x], n) => {
    const at = functions[0]! + BigInt(n * PAIR);
    const before = bench.add(call, { x: [at, 0n, MANY] });
    bench.add(piece, { x: [at + offset, ...x] });
    bench.add(publish, { x: [at] });
    return [piece.lines.join("; "), before, bench.add(call, { x: [at, 0n, MANY] })] as const;
  });
  await bench.run();
  assertEquals(
    seen.map(([what, before, after]) => [what, before.x[1], outcome(after), after.x[1]]),
    stores.map(([{ lines }, , , becomes = "went on"]) => [
      lines.join("; "),
      1n,
      becomes,
      becomes === "went on" ? 2n : 0n,
    ]),
  );
});

acrossAccelerators("code that is seen at two addresses changes at both", async (system) => {
  using bench = benchWith(system);
  const look = () => functions.map((at) => bench.add(call, { x: [at, 0n, MANY] }));
  const before = look();
  bench.add(code`str w1, [x0]`, { x: [functions[0]!, MOV_2] });
  functions.forEach((at) => bench.add(publish, { x: [at] }));
  const after = look();
  await bench.run();
  assertEquals([...before, ...after].map(({ x }) => x[1]), [1n, 1n, 2n, 2n]);
});

acrossAccelerators(
  "code that both EL0 and EL1 run is changed through another address",
  async (system) => {
    using bench = benchWith(system, { bits: Bit.el0 | Bit.readOnly });
    const look = () =>
      ([0, 1] as const).map((el) => bench.add(call, { el, x: [functions[el]!, 0n, MANY] }));
    const before = look();
    bench.add(code`str w1, [x0]`, { x: [bench.address(FUNCTION) + WINDOW, MOV_2] });
    functions.forEach((at) => bench.add(publish, { x: [at] }));
    const after = look();
    await bench.run();
    assertEquals([...before, ...after].map(({ x }) => x[1]), [1n, 1n, 2n, 2n]);
  },
);
