/** Hypercalls, with what Linux 6.1's KVM answers to each. */

import { assertEquals } from "@std/assert";
import { SystemResult } from "../../soft/system.ts";
import { BareCpu } from "./bare_cpu.ts";

const HVC = 0xd400_0002;
const PC = 0x1000n;
/** X1 to X3, where a call says nothing of them. */
const ARGUMENTS = [0x11n, 0x22n, 0x33n];
const NOT_SUPPORTED = -1n, INVALID = -2n, ALREADY_ON = -4n, FAILURE = -6n;

/** Makes a hypercall. */
function call(arguments_: readonly bigint[], version?: bigint) {
  const machine = new BareCpu();
  const { cpu, system } = machine;
  if (version !== undefined) system.psci.version = version;
  cpu.pc = PC;
  [0, 1, 2, 3].forEach((i) => cpu.setX(i, arguments_[i] ?? ARGUMENTS[i - 1]!));
  cpu.setX(4, 0x44n);
  const result = system.execute(HVC);
  assertEquals([cpu.pc, cpu.x(4)], [PC + 4n, 0x44n]);
  return { machine, result, x: [0, 1, 2, 3].map((i) => BigInt.asIntN(64, cpu.x(i))) };
}

/** Calls that return at once, with X1 to X3 zero: what they are, X0 to X3, and what X0 is then. */
const answers: readonly [name: string, arguments_: bigint[], x0: bigint][] = [
  ["PSCI_VERSION", [0x8400_0000n], 0x1_0001n],
  ["PSCI_VERSION with bits above the function", [0xdead_8400_0000n], 0x1_0001n],
  ["PSCI_VERSION in 64 bits", [0xc400_0000n], NOT_SUPPORTED],
  ["SMCCC_VERSION", [0x8000_0000n], 0x1_0001n],
  ["SMCCC_ARCH_FEATURES of SMCCC_VERSION", [0x8000_0001n, 0x8000_0000n], NOT_SUPPORTED],
  ["SMCCC_ARCH_FEATURES of SMCCC_ARCH_WORKAROUND_2", [0x8000_0001n, 0x8000_7fffn], NOT_SUPPORTED],
  ["CPU_ON of itself", [0x8400_0003n, 0n], ALREADY_ON],
  ["CPU_ON of itself in 64 bits", [0xc400_0003n, 0n], ALREADY_ON],
  ["CPU_ON of another", [0xc400_0003n, 1n], INVALID],
  ["CPU_ON of no affinity", [0xc400_0003n, 0x8000_0000n], INVALID],
  ["CPU_ON with bits above 32", [0x8400_0003n, 1n << 32n], ALREADY_ON],
  ["CPU_ON with bits above 32 in 64 bits", [0xc400_0003n, 1n << 32n], INVALID],
  ["AFFINITY_INFO of itself", [0x8400_0004n, 0n, 0n], 0n],
  ["AFFINITY_INFO of another", [0xc400_0004n, 1n, 0n], INVALID],
  ["AFFINITY_INFO of its cluster", [0xc400_0004n, 1n, 1n], 0n],
  ["AFFINITY_INFO of another cluster", [0xc400_0004n, 0x100n, 1n], INVALID],
  ["AFFINITY_INFO of all", [0xc400_0004n, 0x100n, 3n], 0n],
  ["AFFINITY_INFO of no level", [0xc400_0004n, 0n, 4n], INVALID],
  ["AFFINITY_INFO of no level above 32 bits", [0xc400_0004n, 0n, 1n << 32n], INVALID],
  ["AFFINITY_INFO of a level with bits above 32", [0x8400_0004n, 0n, 1n << 32n], 0n],
  ["AFFINITY_INFO of no affinity", [0xc400_0004n, 0x8000_0000n, 0n], INVALID],
  ["MIGRATE", [0x8400_0005n], NOT_SUPPORTED],
  ["MIGRATE_INFO_TYPE", [0x8400_0006n], 2n],
  ["MIGRATE_INFO_UP_CPU", [0x8400_0007n], NOT_SUPPORTED],
  ["CPU_FREEZE", [0x8400_000bn], NOT_SUPPORTED],
  ["SYSTEM_SUSPEND", [0x8400_000en], NOT_SUPPORTED],
  ["SYSTEM_RESET2 of a reserved type", [0x8400_0012n, 1n], INVALID],
  ["SYSTEM_RESET2 of a reserved type in 64 bits", [0xc400_0012n, 5n], INVALID],
  ["function 0", [0n], NOT_SUPPORTED],
  ["a function of all ones", [0xffff_ffffn], NOT_SUPPORTED],
];
for (const [name, arguments_, x0] of answers) {
  Deno.test(`Psci.call answers ${name} with ${x0}`, () => {
    const { x, result } = call(arguments_);
    assertEquals(x, [x0, 0n, 0n, 0n]);
    assertEquals(result, SystemResult.go);
  });
}

/** What PSCI_FEATURES knows. */
const features: readonly [id: bigint, exists: boolean][] = [
  [0x8400_0000n, true],
  [0x8400_0001n, true],
  [0xc400_0001n, true],
  [0x8400_0002n, true],
  [0xc400_0002n, false],
  [0x8400_0003n, true],
  [0xc400_0003n, true],
  [0x8400_0004n, true],
  [0xc400_0004n, true],
  [0x8400_0005n, false],
  [0x8400_0006n, true],
  [0x8400_0007n, false],
  [0x8400_0008n, true],
  [0x8400_0009n, true],
  [0x8400_000an, true],
  [0x8400_000en, false],
  [0xc400_000en, false],
  [0x8400_0012n, true],
  [0xc400_0012n, true],
  [0x8000_0000n, true],
  [0x8000_0001n, false],
  [0xffff_ffff_8000_0000n, true],
];
for (const [id, exists] of features) {
  Deno.test(`Psci.call says that 0x${id.toString(16)} is ${exists ? "" : "not "}there`, () => {
    assertEquals(call([0x8400_000an, id]).x, [exists ? 0n : NOT_SUPPORTED, 0n, 0n, 0n]);
  });
}

for (const id of [0x8400_0001n, 0xc400_0001n]) {
  Deno.test(`Psci.call waits for CPU_SUSPEND 0x${id.toString(16)}`, () => {
    const { x, result } = call([id]);
    assertEquals([...x, result], [0n, 0n, 0n, 0n, SystemResult.wait]);
  });
}

Deno.test("Psci.call turns the vCPU off for CPU_OFF", () => {
  assertEquals(call([0x8400_0002n]).result, SystemResult.off);
});

/** Calls that end the guest's run: X0 to X3, the event, and what X1 to X3 are then. */
const events: readonly [name: string, arguments_: bigint[], event: number, rest: bigint[]][] = [
  ["SYSTEM_OFF", [0x8400_0008n], 1, [0n, 0n, 0n]],
  ["SYSTEM_RESET", [0x8400_0009n], 2, [0n, 0n, 0n]],
  ["SYSTEM_RESET2", [0x8400_0012n, 1n << 32n, 5n << 32n | 5n, 7n], 2, [0n, 5n, 7n]],
  ["SYSTEM_RESET2 in 64 bits", [0xc400_0012n, 1n << 32n, 5n, 7n], 2, [1n << 32n, 5n, 7n]],
  ["SYSTEM_RESET2 of the vendor's", [0xc400_0012n, 1n << 31n, 5n, 7n], 2, [1n << 31n, 5n, 7n]],
];
for (const [name, arguments_, event, rest] of events) {
  Deno.test(`Psci.call tells the host of ${name}; should the guest go on, it has failed`, () => {
    const { machine, x, result } = call(arguments_);
    assertEquals([machine.events, result], [[event], SystemResult.exit]);
    assertEquals(x, [FAILURE, ...rest]);
  });
}

Deno.test("Psci.call knows no newer functions as an older PSCI", () => {
  const found = [0x2n, 0x1_0000n, 0x1_0001n].map((version) => [
    call([0x8400_0000n], version).x[0],
    call([0x8400_000an, 0x8400_0000n], version).x[0],
    call([0x8400_0012n, 1n], version).x[0],
  ]);
  assertEquals(found, [
    [0x2n, NOT_SUPPORTED, NOT_SUPPORTED],
    [0x1_0000n, 0n, NOT_SUPPORTED],
    [0x1_0001n, 0n, INVALID],
  ]);
});
