/** Tests code that changes again and again, wherever it is. */

import { assertEquals } from "@std/assert";
import { acrossAccelerators } from "./accelerators.ts";
import { code } from "./assembly/code.ts";
import { Place, Workbench } from "./steps/workbench.ts";

acrossAccelerators("an instruction may be changed just before it is reached", async (system) => {
  using bench = new Workbench(system);
  const piece = code`
    str w1, [x0]
    dc cvau, x0
    dsb ish
    ic ivau, x0
    dsb ish
    isb
    mov x2, #1        // this one
    mov x3, #1
  `;
  const others = [code`mov x2, #2`, code`mov x2, #3`, code`nop`];
  const at = BigInt(bench.place(piece) + 24);
  const rounds = Array.from({ length: 90 }, (_, n) => {
    const word = BigInt(others[n % 3]!.words[0]!);
    return bench.add(piece, { x: [at, word, 77n] });
  });
  await bench.run();
  const found = rounds.map(({ x }) => [x[2], x[3]]);
  assertEquals(found, rounds.map((_, n) => [[2n, 3n, 77n][n % 3], 1n]));
});

/** Changes the function at x0 to return x3, calls it x6 times, and does all that with x3 - 1, and so on to 1. x5 counts wrong results, x9 is their sum. */
const changeAndCall = code`
  orr w7, w2, w3, lsl #5    // mov x1, #x3
  str w7, [x0]
  dc cvau, x0
  dsb ish
  ic ivau, x0
  dsb ish
  isb
  mov x8, x6
  blr x0
  cmp x1, x3
  cinc x5, x5, ne
  add x9, x9, x1
  subs x8, x8, #1
  b.ne . - 20
  subs x3, x3, #1
  b.ne . - 60
`;
const MOV_0 = BigInt(code`mov x1, #0`.words[0]!);

/** The function that is changed. */
const one = code`
  mov x1, #1
  ret
`;

/** More calls than any code needs to become hot. */
const MANY = 60n;

/** Where the function is, how often it is changed, and how often it is called each time. */
const loops: [where: string, place: number | undefined, changes: bigint, calls: bigint][] = [
  ["in the same page", undefined, 2000n, 1n],
  ["in another page", Place.free, 2000n, 1n],
  ["at the end of a page", Place.free + 0xff8, 200n, 1n],
  ["in two pages", Place.free + 0xffc, 200n, 1n],
  ["that is hot, in the same page", undefined, 200n, MANY],
  ["that is hot, in another page", Place.free, 200n, MANY],
  ["that is hot, in two pages", Place.free + 0xffc, 200n, MANY],
];

for (const [where, place, changes, calls] of loops) {
  acrossAccelerators(`code ${where} may be changed ${changes} times`, async (system) => {
    using bench = new Workbench(system);
    const at = BigInt(bench.place(one, place));
    const left = bench.add(changeAndCall, { x: [at, 0n, MOV_0, changes, 0n, 0n, calls] });
    await bench.run();
    assertEquals([left.x[3], left.x[5], left.x[9]], [
      0n,
      0n,
      calls * changes * (changes + 1n) / 2n,
    ]);
  });
}
