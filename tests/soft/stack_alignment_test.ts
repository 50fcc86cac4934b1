/**
 * Tests that a stack pointer which is the base of an access must be a multiple
 * of 16 (Arm ARM, D1.3.10.2). On the software CPU only: the QEMU that the ARM
 * box runs in does not check it.
 */

import { assertEquals } from "@std/assert";
import { onSoft } from "./accelerators.ts";
import { type Code, code } from "./assembly/code.ts";
import { outcome } from "./steps/outcome.ts";
import { Place, Workbench } from "./steps/workbench.ts";

/** Aligned for every access, but not as a stack pointer. */
const MISALIGNED = BigInt(Place.free + 8);

const accesses: readonly Code[] = [
  code`ldr x1, [sp]`,
  code`str x1, [sp, #8]`,
  code`ldur w1, [sp]`,
  code`ldr x1, [sp, x2]`,
  code`ldr x1, [sp], #16`,
  code`stp x1, x2, [sp, #-16]!`,
  code`ldp w1, w2, [sp]`,
  code`ldar x1, [sp]`,
  code`ldxr x1, [sp]`,
  code`stxr w3, x1, [sp]`,
  code`ldadd x1, x2, [sp]`,
  code`cas x1, x2, [sp]`,
];

/** SCTLR_EL1 with its bits that are always set, and with SA, or SA0, besides. */
const SCTLR = 0x30d0_0800n;
const bits = [1n << 4n, 1n << 3n];
const setSctlr = code`
  msr sctlr_el1, x0
  isb
`;

/** Adds a step for each access. */
function addAll(bench: Workbench, el: 0 | 1, sp: bigint) {
  return accesses.map((access) => bench.add(access, { el, sp, x: [0n, 1n, 0n, 3n] }));
}

for (const el of [0, 1] as const) {
  onSoft(`the stack pointer at EL${el} must be aligned`, async (system) => {
    using bench = new Workbench(system);
    bench.add(setSctlr, { x: [SCTLR | bits[el]!] });
    const steps = addAll(bench, el, MISALIGNED);
    await bench.run();
    assertEquals(steps.map(outcome), accesses.map(() => "SP alignment fault"));
    assertEquals(
      steps.map(({ x, spEl0 }) => [x[1], x[2], x[3], spEl0]),
      accesses.map(() => [1n, 0n, 3n, MISALIGNED]),
    );
  });

  onSoft(`an aligned stack pointer at EL${el} is like any base`, async (system) => {
    using bench = new Workbench(system);
    bench.add(setSctlr, { x: [SCTLR | bits[el]!] });
    const steps = addAll(bench, el, MISALIGNED + 8n);
    await bench.run();
    assertEquals(steps.map(outcome), accesses.map(() => "went on"));
  });

  onSoft(
    `the stack pointer at EL${el} is like any base where nothing else is asked for`,
    async (system) => {
      using bench = new Workbench(system);
      bench.add(setSctlr, { x: [SCTLR | bits[1 - el]!] });
      const steps = addAll(bench, el, MISALIGNED);
      await bench.run();
      assertEquals(steps.map(outcome), accesses.map(() => "went on"));
    },
  );
}

onSoft("prefetching by the stack pointer checks nothing", async (system) => {
  using bench = new Workbench(system);
  bench.add(setSctlr, { x: [SCTLR | bits[1]!] });
  const step = bench.add(code`prfm pldl1keep, [sp]`, { sp: MISALIGNED });
  await bench.run();
  assertEquals(outcome(step), "went on");
});
