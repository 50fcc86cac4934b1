/** Tests that no instruction of a guest upsets Orchid: all of the system space, and words that are just junk. */

import { assert, assertEquals } from "@std/assert";
import { registerId } from "../../kvm/registers.ts";
import { SoftSystem } from "../../soft/soft_system.ts";
import { silent } from "../../vm/trace.ts";
import { bytesOf, code } from "./assembly/code.ts";
import { describeEnd, ENTRY, runFlat, type Setting } from "./flat_guest.ts";
import { randomWords } from "./random.ts";

/** Goes to the code at x15, with PSTATE x16. */
const start = code`
  msr vbar_el1, x0
  msr elr_el1, x15
  msr spsr_el1, x16
  eret
`;
/** A vector: counts in x14, notes the class of the exception in x13, and goes on behind the instruction, or ends at svc. */
const vector = code`
  mrs x10, esr_el1
  lsr x10, x10, #26
  lsl x11, x12, x10         // x12 is 1
  orr x13, x13, x11
  add x14, x14, #1
  cmp x10, #0x15
  b.eq . + 20
  mrs x10, elr_el1
  add x10, x10, #4
  msr elr_el1, x10
  eret
  mov w0, #0x84000000
  add w0, w0, #8
  hvc #0
`;
const VECTORS = ENTRY + 0x800;
const VECTOR_SIZE = 0x80;
const CODE = ENTRY + 0x1000;
const MEMORY = 0x20_0000;
const SVC = code`svc #0`.words[0]!;
const EL1H = 0x3c5n;
const EL0T = 0x3c0n;

/** A guest of words, with the vectors. */
function guestOf(
  words: readonly number[],
  pstate: bigint,
  registers: Readonly<Record<string, bigint>> = {},
): Setting {
  return {
    memory: MEMORY,
    registers: { ...registers, x0: BigInt(VECTORS), x12: 1n, x15: BigInt(CODE), x16: pstate },
    before({ memory }) {
      for (let n = 0; n < 16; n++) memory.write(VECTORS + n * VECTOR_SIZE, bytesOf(vector.words));
      memory.write(CODE, bytesOf(words));
    },
  };
}

/** Runs words, each whatever the one before has come to: how that ended, the classes of exceptions, and how many there were. */
async function runAll(warm: number | undefined, words: readonly number[], pstate: bigint) {
  using system = new SoftSystem(silent, { warm });
  let seen = 0n, exceptions = 0;
  const end = await runFlat(system, start, {
    ...guestOf([...words, SVC], pstate),
    after({ vcpu }) {
      seen = vcpu.getOneReg(registerId("x13"));
      exceptions = Number(vcpu.getOneReg(registerId("x14")));
    },
  });
  const classes = Array.from({ length: 64 }, (_, ec) => ec)
    .filter((ec) => (seen >> BigInt(ec)) & 1n);
  return { end: describeEnd(end), classes, exceptions };
}

// The system space: 1101010100, L, op0, op1, CRn, CRm, op2, Rt.
const SYSTEM = 0xd500_0000;
const READ = 1 << 21;
const ENCODINGS = 1 << 16;
const OP0_0_AND_1 = 1 << 15;
/** Would overwrite the vectors, where x0 points, or store where no memory is. */
const DC_ZVA = 0b01_011_0111_0100_001;
const word = (bits: number, encoding: number, rt: number) =>
  (SYSTEM | bits | encoding << 5 | rt) >>> 0;

/** Reads to x1, writes of x0, and those without a register; each `step`-th of them. */
function systemInstructions(step: number): number[] {
  const all: number[] = [];
  for (let n = 0; n < ENCODINGS; n += step) {
    if (n === DC_ZVA) continue;
    all.push(word(READ, n, 1), word(0, n, 0));
    if (n < OP0_0_AND_1) all.push(word(0, n, 31));
  }
  return all;
}

const EC_UNDEFINED = 0x00;
const EC_SVC = 0x15;
const EC_SYSTEM_REGISTER = 0x18;

/** Junk, and how guests of it may end. */
const JUNK_WORDS = 0x1_0000;
const SEEDS = 20;
const ENDS = ["crash", "aborted", "shutdown", "reset", "end-of-code"];

// Each exception ends a region: to translate all of them takes a minute.
const engines = [["soft", undefined, 1], ["soft, all translated", 0, 97]] as const;

for (const [engine, warm, step] of engines) {
  const words = systemInstructions(step);

  Deno.test(`each system instruction at EL1 is done or undefined (${engine})`, async () => {
    const { end, classes, exceptions } = await runAll(warm, words, EL1H);
    assertEquals([end, classes], ["shutdown", [EC_UNDEFINED, EC_SVC]]);
    assert(exceptions > words.length / 2 && exceptions < words.length);
  });

  Deno.test(`each system instruction at EL0 is done, trapped or undefined (${engine})`, async () => {
    const { end, classes, exceptions } = await runAll(warm, words, EL0T);
    const others = classes.filter((ec) => ec !== EC_SYSTEM_REGISTER);
    assertEquals([end, others], ["shutdown", [EC_UNDEFINED, EC_SVC]]);
    assert(exceptions > words.length / 2 && exceptions < words.length);
  });

  Deno.test(`a guest of junk ends like any other (${engine})`, async () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = randomWords(seed);
      const registers = Array.from({ length: 31 }, (_, n) => [`x${n}`, BigInt(random() % MEMORY)]);
      const junk = Array.from({ length: JUNK_WORDS }, random);
      using system = new SoftSystem(silent, { warm });
      const end = await runFlat(system, start, {
        ...guestOf(junk, EL1H, Object.fromEntries(registers)),
        limit: 50,
      });
      assert(ENDS.includes(end.kind), `seed ${seed}: ${describeEnd(end)}`);
    }
  });
}
