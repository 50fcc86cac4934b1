/** Tests guests that go where they should not: each ends with the same report on KVM and on the software CPU. */

import { assertEquals } from "@std/assert";
import { acrossAccelerators, onSoft } from "./accelerators.ts";
import { type Code, code } from "./assembly/code.ts";
import { describeEnd, ENTRY, runFlat } from "./flat_guest.ts";

/** Where a jump goes, and how the guest ends. */
const jumps: readonly (readonly [target: bigint, end: string])[] = [
  // Devices and holes: nothing gives instructions there.
  [0x0n, "Instruction abort: synchronous external abort, address 0x0, at PC 0x0"],
  [0x996n & ~3n, "Instruction abort: synchronous external abort, address 0x994, at PC 0x994"],
  [0x2000n, "Instruction abort: synchronous external abort, address 0x2000, at PC 0x2000"],
  [
    0x11_0000n,
    "Instruction abort: synchronous external abort, address 0x110000, at PC 0x110000",
  ],
  [
    0xff_ffff_fffcn,
    "Instruction abort: synchronous external abort, address 0xfffffffffc, at PC 0xfffffffffc",
  ],
  // Beyond physical addresses.
  [
    1n << 40n,
    "Instruction abort: address size fault, level 0, address 0x10000000000, at PC 0x10000000000",
  ],
  [
    0xdead_beef_dead_beecn,
    "Instruction abort: address size fault, level 0, address 0xdeadbeefdeadbeec, at PC 0xdeadbeefdeadbeec",
  ],
  [
    0xffff_ffff_ffff_fffcn,
    "Instruction abort: address size fault, level 0, address 0xfffffffffffffffc, at PC 0xfffffffffffffffc",
  ],
  // Not aligned.
  [0x1_0001n, "PC alignment fault, address 0x10001, at PC 0x10001"],
  [0x1_0002n, "PC alignment fault, address 0x10002, at PC 0x10002"],
  [0x1_0007n, "PC alignment fault, address 0x10007, at PC 0x10007"],
];

const ways: readonly (readonly [what: string, piece: Code])[] = [
  ["br", code`br x0`],
  ["blr", code`blr x0`],
  ["ret", code`ret x0`],
  [
    "eret",
    code`
      msr elr_el1, x0
      mov x1, #0x3c5
      msr spsr_el1, x1
      eret
    `,
  ],
];

for (const [what, piece] of ways) {
  acrossAccelerators(`a guest that jumps into nowhere with ${what} has crashed`, async (system) => {
    for (const [x0, expected] of jumps) {
      const end = await runFlat(system, piece, { registers: { x0 } });
      assertEquals(describeEnd(end), expected);
    }
  });

  // Alignment comes first (Arm ARM, D1.3.5.5); the QEMU that the ARM box runs in looks for memory first.
  onSoft(`a guest that jumps to no address with ${what} has crashed`, async (system) => {
    for (const x0 of [0x2001n, 0xdead_beef_dead_beefn]) {
      const where = `0x${x0.toString(16)}`;
      const end = await runFlat(system, piece, { registers: { x0 } });
      assertEquals(describeEnd(end), `PC alignment fault, address ${where}, at PC ${where}`);
    }
  });
}

const PAGE = 4096;
const END = ENTRY + PAGE;

/** Code that ends with the last word of memory, and how it ends. */
const lasts: readonly (readonly [what: string, piece: Code, end: string])[] = [
  [
    "runs off it",
    code`
      nop
      nop
    `,
    "Instruction abort: synchronous external abort, address 0x11000, at PC 0x11000",
  ],
  [
    "calls beyond it",
    code`bl . + 8`,
    "Instruction abort: synchronous external abort, address 0x11004, at PC 0x11004",
  ],
  ["is undefined there", code`udf #1`, "Undefined instruction, at PC 0x10ffc"],
  [
    "loads from beyond it",
    code`ldp x2, x3, [x0, #-8]`,
    "Data abort: synchronous external abort, address 0x11000, at PC 0x10ffc",
  ],
];

for (const [what, piece, expected] of lasts) {
  acrossAccelerators(`a guest at the end of memory that ${what} has crashed`, async (system) => {
    const loadAddress = END - 4 * piece.words.length;
    const registers = { x0: BigInt(END) };
    const end = await runFlat(system, piece, { memory: PAGE, loadAddress, registers });
    assertEquals(describeEnd(end), expected);
  });
}

acrossAccelerators("a guest that loops in the last word of memory is ended", async (system) => {
  const end = await runFlat(system, code`b .`, {
    memory: PAGE,
    loadAddress: END - 4,
    limit: 100,
  });
  assertEquals(end.kind, "aborted");
});

/** Accesses that a device could not answer, because the CPU does not describe them, to where there is nothing. */
const undescribed: readonly Code[] = [
  code`ldp x1, x2, [x0]`,
  code`stp x1, x2, [x0]`,
  code`ldr x1, [x0], #8`,
  code`str x1, [x0, #8]!`,
  code`ldxr x1, [x0]`,
  code`ldaxp x1, x2, [x0]`,
  code`swp x1, x2, [x0]`,
  code`ldaddb w1, w2, [x0]`,
  code`cas x1, x2, [x0]`,
  code`casp x2, x3, x4, x5, [x0]`,
];

acrossAccelerators("a guest whose accesses nothing can answer has crashed", async (system) => {
  for (const piece of undescribed) {
    const end = await runFlat(system, piece, { registers: { x0: 0x2000n } });
    const far = piece.lines[0]!.endsWith("!") ? "0x2008" : "0x2000";
    assertEquals(
      `${piece.lines[0]}: ${describeEnd(end)}`,
      `${piece.lines[0]}: Data abort: synchronous external abort, address ${far}, at PC 0x10000`,
    );
  }
});

/** Where VBAR_EL1 may be that no vector can be fetched from. */
const vectors = [0x0n, 0x2000n, 0x11_0000n, 1n << 40n, 0xdead_beef_dead_b800n];

acrossAccelerators("a guest whose vectors are nowhere has crashed", async (system) => {
  for (const vbar_el1 of vectors) {
    const end = await runFlat(system, code`svc #0`, { registers: { vbar_el1 } });
    const where = `0x${vbar_el1.toString(16)}`;
    assertEquals(
      describeEnd(end),
      `The exception vectors at VBAR_EL1 ${where} raise exceptions themselves`,
    );
  }
});

/** Turns the MMU on, with tables at x0. */
const turnOn = code`
  mov x1, #0x19             // 39 bits
  msr tcr_el1, x1
  msr ttbr0_el1, x0
  isb
  mrs x2, sctlr_el1
  orr x2, x2, #1
  msr sctlr_el1, x2
  isb
  nop
`;

acrossAccelerators("a guest with tables that cannot be used has crashed", async (system) => {
  const nowhere = [0x2000n, 0x11_0000n, 0xff_ffff_f000n, 1n << 41n];
  // Zeroes; and a table that leads to itself, which is never marked as accessed.
  const inMemory = [0x2_0000n, 0x3_0000n];
  for (const x0 of [...nowhere, ...inMemory]) {
    const end = await runFlat(system, turnOn, {
      registers: { x0 },
      before: ({ memory }) => memory.writeUint64(0x3_0000, 0x3_0003n),
    });
    assertEquals(
      describeEnd(end),
      "The exception vectors at VBAR_EL1 0xf000 raise exceptions themselves",
    );
  }
});

// The architecture leaves open where execution goes on.
onSoft("a guest that runs over the last address of all ends somehow", async (system) => {
  const end = await runFlat(system, code`br x0`, {
    registers: { x0: 0xffff_ffff_ffff_fffcn, tcr_el1: 0x10_0010n },
  });
  assertEquals(end.kind, "crash");
});
