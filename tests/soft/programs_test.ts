/** Tests that random programs end in the same way whether they are interpreted or translated: loops, calls and jumps of every shape. */

import { assertEquals } from "@std/assert";
import { registerId } from "../../kvm/registers.ts";
import { SoftSystem } from "../../soft/soft_system.ts";
import { silent } from "../../vm/trace.ts";
import { code } from "./assembly/code.ts";
import { describeEnd, ENTRY, runFlat } from "./flat_guest.ts";
import { Random } from "./fuzz/random.ts";
import { randomValue } from "./fuzz/values.ts";
import { COUNTER, MEMORY_REGISTER, randomProgram } from "./programs.ts";

const PROGRAMS = 100;
/** The most blocks that a program goes through. */
const MOST_BLOCKS = 3000;
/** Where programs load from and store to. */
const DATA = ENTRY + 0x4_0000;
const DATA_SIZE = 0x8000;

/** PSCI wants X0 and answers in X0 to X3; programs leave theirs in X18 to X21. */
const end = code`
  mov x18, x0
  mov x19, x1
  mov x20, x2
  mov x21, x3
  mov w0, #0x84000000
  add w0, w0, #8
  hvc #0
`;
const registers = [...Array.from({ length: 31 }, (_, n) => `x${n}`), "sp_el1", "pstate"];

/** What a program leaves: registers and memory. */
interface Result {
  readonly end: string;
  readonly registers: readonly bigint[];
  readonly data: Uint8Array;
}

/** Runs the program of a seed. @param warm How often its code is interpreted before it is translated. */
async function runProgram(seed: number, warm: number): Promise<Result> {
  const random = new Random(seed);
  const words = randomProgram(random, end.words);
  const start = Object.fromEntries(
    Array.from({ length: 16 }, (_, n) => [`x${n}`, randomValue(random)] as const),
  );
  let left: Omit<Result, "end"> = { registers: [], data: new Uint8Array() };
  using system = new SoftSystem(silent, { warm });
  const how = await runFlat(system, { lines: [], words }, {
    registers: {
      ...start,
      [`x${MEMORY_REGISTER}`]: BigInt(DATA),
      [`x${COUNTER}`]: BigInt(1 + random.below(MOST_BLOCKS)),
      pstate: 0x3c5n | BigInt(random.below(16)) << 28n,
    },
    after({ vcpu, memory }) {
      left = {
        registers: registers.map((name) => vcpu.getOneReg(registerId(name))),
        data: memory.bytes(DATA, DATA_SIZE).slice(),
      };
    },
  });
  return { end: describeEnd(how), ...left };
}

Deno.test("programs do when translated what they do when interpreted", async () => {
  for (let seed = 0; seed < PROGRAMS; seed++) {
    const interpreted = await runProgram(seed, Infinity);
    assertEquals(interpreted.end, "shutdown", `program ${seed}`);
    for (const warm of [0, 3]) {
      const what = `program ${seed}, translated after ${warm} visits`;
      assertEquals(await runProgram(seed, warm), interpreted, what);
    }
  }
});
