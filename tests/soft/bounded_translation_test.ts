/** Tests that whatever a guest does with its code, time and memory for translations stay within bounds. */

import { assert, assertEquals } from "@std/assert";
import { registerId } from "../../kvm/registers.ts";
import { SoftSystem } from "../../soft/soft_system.ts";
import { testsThatNeed } from "../test_case.ts";
import { bytesOf, type Code, code, join } from "./assembly/code.ts";
import { describeEnd, ENTRY, runFlat, type Setting } from "./flat_guest.ts";

/** These compile tens of thousands of WebAssembly modules. */
const hostTest = testsThatNeed("a host that is not emulated", !Deno.env.has("ORCHID_BOX"));

const MEGABYTE = 2 ** 20;
/** More than the translations of any guest may take. */
const MOST_MEMORY = 400 * MEGABYTE;

/** Where functions are, behind the code that calls them. */
const FUNCTIONS = ENTRY + 0x1000;

const powerOff = code`
  mov w0, #0x84000000
  add w0, w0, #8
  hvc #0
`;

/** What a run has come to. */
interface Result {
  readonly end: string;
  /** X4 and X5: PSCI's answer is in X0 to X3. */
  readonly registers: readonly bigint[];
  /** Regions that were thrown away one by one, and how often all were. */
  readonly invalidated: number;
  readonly flushes: number;
  /** How much memory the process has more than before, in bytes. */
  readonly memory: number;
}

/** Runs a guest on the software CPU. */
async function runSoft(guest: Code, setting: Setting): Promise<Result> {
  using system = new SoftSystem();
  const before = Deno.memoryUsage().rss;
  let registers: bigint[] = [], invalidations = "";
  const end = await runFlat(system, join(guest, powerOff), {
    ...setting,
    after({ vcpu }) {
      registers = [4, 5].map((n) => vcpu.getOneReg(registerId(`x${n}`)));
      invalidations = vcpu.counters!().find(([name]) => name === "invalidated")![1];
    },
  });
  const [, invalidated, flushes] = /^(\d+) regions; (\d+) times/.exec(invalidations)!;
  return {
    end: describeEnd(end),
    registers,
    invalidated: Number(invalidated),
    flushes: Number(flushes),
    memory: Deno.memoryUsage().rss - before,
  };
}

const MILLION = 1_000_000;
/** What is changed, to what it is anyway. */
const count = code`
  add x5, x5, #1
  ret
`;

hostTest("a million changes of code take bounded time and memory", async () => {
  const change = code`
    str w3, [x1]
    ic ivau, x1
    isb
    blr x1
    add x4, x4, #1
    subs x2, x2, #1
    b.ne . - 24
  `;
  const result = await runSoft(change, {
    registers: { x1: BigInt(FUNCTIONS), x2: BigInt(MILLION), x3: BigInt(count.words[0]!) },
    before: ({ memory }) => memory.write(FUNCTIONS, bytesOf(count.words)),
  });
  assertEquals([result.end, result.registers], ["shutdown", [BigInt(MILLION), BigInt(MILLION)]]);
  assert(result.invalidated > 0);
  assert(result.memory < MOST_MEMORY, `${result.memory / MEGABYTE} MiB more`);
});

/** Goes on to the next one behind it. */
const link = code`
  add x1, x1, #12
  br x1
  nop
`;
/** More than the code cache keeps regions. */
const LINKS = 20_000;

hostTest("code in thousands of places is forgotten when there is too much of it", async () => {
  const callOften = code`
    add x1, x3, #0
    blr x1
    add x4, x4, #1
    add x5, x1, #0
    subs x2, x2, #1
    b.ne . - 20
  `;
  const chain = Array.from({ length: LINKS }, () => link.words).flat();
  const result = await runSoft(callOften, {
    memory: 16 * MEGABYTE,
    registers: { x2: 40n, x3: BigInt(FUNCTIONS) },
    limit: 120_000,
    before: ({ memory }) => memory.write(FUNCTIONS, bytesOf([...chain, ...code`ret`.words])),
  });
  assertEquals(result.end, "shutdown");
  assertEquals(result.registers, [40n, BigInt(FUNCTIONS + 12 * LINKS)]);
  assert(result.flushes > 0);
  assert(result.memory < MOST_MEMORY, `${result.memory / MEGABYTE} MiB more`);
});

const PAGE_WORDS = 1024;
const LIMIT = 1000;

hostTest(
  "a guest of nothing but entries into large regions is ended by its AbortSignal",
  async () => {
    // Every second word, entered, returns at once; but most of the page can be reached from there.
    const callAll = code`
    add x1, x3, #0
    blr x1
    add x1, x1, #8
    cmp x1, x2
    b.ne . - 12
    b . - 20
  `;
    const returnIfSet = code`cbnz x3, . + 0xffc`.words[0]!;
    const load = code`ldr x4, [x5], #8`.words[0]!;
    const words: number[] = [];
    for (let n = 0; n < PAGE_WORDS - 2; n += 2) words.push(returnIfSet - (n << 5), load);
    const ret = code`ret`.words[0]!;
    const result = await runSoft(callAll, {
      registers: { x2: BigInt(FUNCTIONS + 4 * PAGE_WORDS), x3: BigInt(FUNCTIONS) },
      before: ({ memory }) => memory.write(FUNCTIONS, bytesOf([...words, ret, ret])),
      limit: LIMIT,
    });
    assertEquals(result.end, "aborted");
  },
);
