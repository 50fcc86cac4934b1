/** Tests hypercalls and monitor calls that mean nothing. */

import { assertEquals } from "@std/assert";
import { acrossAccelerators } from "./accelerators.ts";
import { code } from "./assembly/code.ts";
import { outcome } from "./steps/outcome.ts";
import { Workbench } from "./steps/workbench.ts";

const hvc = code`hvc #0`;
const hvcJunk = code`hvc #0xffff`;
const smc = code`smc #0`;

/** PSCI and SMCCC: NOT_SUPPORTED. */
const NOT_SUPPORTED = 0xffff_ffff_ffff_ffffn;
const PSCI_1_1 = 0x1_0001n;

const junk = [
  0x0n,
  0x1n,
  0x1234n,
  0x7fff_ffffn,
  0x8000_0002n,
  0x8400_0005n,
  0x8400_0007n,
  0x8400_0013n,
  0x8400_ffffn,
  0xc400_0000n,
  0xc400_0008n,
  0xdead_beefn,
  0xffff_ffffn,
  0xdead_beef_0000_0000n,
];

acrossAccelerators("hvc with junk is not supported", async (system) => {
  using bench = new Workbench(system);
  const calls = [hvc, hvcJunk].flatMap((piece) =>
    junk.map((x0) => bench.add(piece, { x: [x0, 1n, 2n, 3n, 4n] }))
  );
  await bench.run();
  for (const record of calls) {
    assertEquals(outcome(record), "went on");
    assertEquals(record.x.slice(0, 5), [NOT_SUPPORTED, 0n, 0n, 0n, 4n]);
  }
});

acrossAccelerators("hvc takes its function from the low half of x0", async (system) => {
  using bench = new Workbench(system);
  const call = bench.add(hvcJunk, { x: [0xdead_beef_8400_0000n] });
  await bench.run();
  assertEquals(call.x[0], PSCI_1_1);
});

acrossAccelerators("smc is not supported", async (system) => {
  using bench = new Workbench(system);
  const calls = [...junk, 0x8400_0008n].map((x0) => bench.add(smc, { x: [x0, 1n, 2n, 3n] }));
  await bench.run();
  for (const record of calls) {
    assertEquals(outcome(record), "went on");
    assertEquals(record.x.slice(0, 4), [NOT_SUPPORTED, 1n, 2n, 3n]);
  }
});

acrossAccelerators("hvc and smc at EL0 are undefined", async (system) => {
  using bench = new Workbench(system);
  const calls = [hvc, hvcJunk, smc].map((piece) => bench.add(piece, { el: 0, x: [0x8400_0008n] }));
  await bench.run();
  assertEquals(calls.map(outcome), ["undefined", "undefined", "undefined"]);
});
