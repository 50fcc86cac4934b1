/** Tests how failing cases are made smaller. */

import { assertEquals } from "@std/assert";
import type { Case } from "./case.ts";
import { minimise } from "./minimise.ts";

const NOP = 0xd503_201f;
const BAD = 0x1234_5678;

const one: Case = {
  mode: "EL0t",
  nzcv: 3,
  sctlr: 2,
  tagged: true,
  fill: 1,
  presets: [
    { register: 1, value: 1n, relative: false },
    { register: 2, value: 2n, relative: false },
  ],
  code: [11, 22, BAD, 33],
};

Deno.test("minimise keeps what the failure needs", async () => {
  const smallest = await minimise(
    one,
    ({ code, presets }) =>
      Promise.resolve(code.includes(BAD) && presets.some(({ register }) => register === 2)),
  );
  assertEquals(smallest.code, [NOP, NOP, BAD]);
  assertEquals(smallest.presets.map(({ register }) => register), [2]);
  const { mode, nzcv, sctlr, tagged } = smallest;
  assertEquals([mode, nzcv, sctlr, tagged], ["EL1h", 0, 0, false]);
});

Deno.test("minimise leaves a case alone that nothing can be left out of", async () => {
  const smallest = await minimise(one, (candidate) => Promise.resolve(candidate === one));
  assertEquals(smallest, one);
});
