/** Tests guests that only wait, or only take exceptions: they end when the host says so, and those that wait sleep. */

import { assert, assertEquals } from "@std/assert";
import { acrossAccelerators } from "./accelerators.ts";
import { type Code, code, join } from "./assembly/code.ts";
import { describeEnd, ENTRY, runFlat } from "./flat_guest.ts";

/** How guests wait for what never comes. */
const waits: readonly (readonly [how: string, guest: Code, x0?: bigint])[] = [
  [
    "with wfi",
    code`
      wfi
      b . - 4
    `,
  ],
  [
    "with wfi and all masked",
    code`
      msr daifset, #0xf
      wfi
      b . - 8
    `,
  ],
  [
    "in CPU_SUSPEND",
    code`
      mov x0, x1
      hvc #0
      b . - 8
    `,
    0x8400_0001n,
  ],
  [
    "with its CPU off",
    code`
      mov x0, x1
      hvc #0
      b .
    `,
    0x8400_0002n,
  ],
];

const WAIT = 500;

/** The host looks in every 40 ms; a guest that did not sleep would bring it to do so thousands of times. */
const MOST_TURNS_PER_MILLISECOND = 0.2;

for (const [how, guest, x1 = 0n] of waits) {
  acrossAccelerators(`a guest that waits ${how} sleeps until its AbortSignal`, async (system) => {
    let turns = 0;
    const began = performance.now();
    const end = await runFlat(system, guest, {
      registers: { x1 },
      before(machine) {
        const turn = machine.turn.bind(machine);
        machine.turn = () => {
          turns++;
          return turn();
        };
      },
      limit: WAIT,
    });
    assertEquals(describeEnd(end), "aborted");
    const milliseconds = performance.now() - began;
    assert(turns < milliseconds * MOST_TURNS_PER_MILLISECOND, `${turns} turns, ${milliseconds} ms`);
  });
}

/** A vector that returns to where it came from, of either stack. */
const VECTORS = ENTRY + 0x800;
const vectors = { vbar_el1: BigInt(VECTORS) };
const NOWHERE = 0x2000n;

/** Exceptions that come again and again. */
const storms: readonly (readonly [what: string, guest: Code, x0?: bigint])[] = [
  [
    "svc",
    code`
      svc #0
      b . - 4
    `,
  ],
  ["undefined instructions", code`udf #0`],
  ["breakpoints", code`brk #0`],
  ["jumps to no address", code`br x0`, 2n],
  ["jumps to no memory", code`br x0`, NOWHERE],
  ["loads that nothing answers", code`ldp x1, x2, [x0]`, NOWHERE],
  ["loads from no device", code`ldr x1, [x0]`, NOWHERE],
  ["loads beyond physical addresses", code`ldr x1, [x0]`, 1n << 44n],
  [
    "hypercalls",
    code`
      mov x0, #0x1234
      hvc #0
      b . - 8
    `,
  ],
];

const SHORT = 100;

for (const [what, guest, x0 = 0n] of storms) {
  acrossAccelerators(
    `a guest of nothing but ${what} is ended by its AbortSignal`,
    async (system) => {
      const end = await runFlat(system, join(guest, code`b .`), {
        registers: { ...vectors, x0 },
        before({ memory }) {
          for (const vector of [0, 0x200]) {
            memory.writeUint32(VECTORS + vector, code`eret`.words[0]!);
          }
        },
        limit: SHORT,
      });
      assertEquals(describeEnd(end), "aborted");
    },
  );
}
