/** Tests that the runner does what the steps ask for. */

import { assertEquals } from "@std/assert";
import { acrossAccelerators } from "../accelerators.ts";
import { code } from "../assembly/code.ts";
import { outcome } from "./outcome.ts";
import { Workbench } from "./workbench.ts";

const x = Array.from({ length: 31 }, (_, n) => 0x0101_0101_0101_0101n * BigInt(n + 1));

for (const el of [0, 1] as const) {
  acrossAccelerators(`Workbench runs steps at EL${el} with all their registers`, async (system) => {
    using bench = new Workbench(system);
    const piece = code`nop`;
    const step = bench.add(piece, { el, x, sp: 0x1230n, nzcv: 0b1010n });
    await bench.run();
    assertEquals([outcome(step), step.x, step.spEl0], ["went on", x, 0x1230n]);
    const mode = el === 1 ? 0b0100n : 0b0000n;
    const end = bench.address(bench.place(piece) + 8);
    assertEquals([step.spsr, step.elr], [0xa000_03c0n | mode, end]);
  });
}

acrossAccelerators("Workbench runs steps one after the other", async (system) => {
  using bench = new Workbench(system);
  const steps = [1n, 2n, 3n].map((n) => bench.add(code`add x1, x1, x2`, { x: [0n, n, n] }));
  await bench.run();
  assertEquals(steps.map((step) => step.x[1]), [2n, 4n, 6n]);
});
