/** Runs the guests that crash: what is found out about each. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Crash, describeCrash, summarizeCrash, type System } from "../../mod.ts";
import { guestCode, runGuest } from "../guest_run.ts";
import { acrossAccelerators } from "../soft/accelerators.ts";

/** Runs a guest that must crash. */
async function crashOf(system: System, name: string): Promise<Crash> {
  const { end, output } = await runGuest(system, guestCode(name));
  assert(end.kind === "crash", `${name} ended with ${end.kind}`);
  assertEquals(output, "");
  return end.crash;
}

/** Exception class and fault status code. */
const syndrome = ({ esr }: Crash) => [Number(esr >> 26n), Number(esr & 0x3fn)];

acrossAccelerators("crash-undefined tells the instruction, and where", async (system) => {
  const crash = await crashOf(system, "crash-undefined");
  assertEquals([crash.vector, crash.instruction, crash.elr], [4, 0x123, 0x1_0000n]);
  assertEquals(syndrome(crash)[0], 0x00);
  assertEquals(summarizeCrash(crash), "Undefined instruction, at PC 0x10000");
});

acrossAccelerators("crash-brk tells the breakpoint's number", async (system) => {
  const crash = await crashOf(system, "crash-brk");
  assertEquals([crash.vector, crash.elr], [4, 0x1_0000n]);
  assertEquals(summarizeCrash(crash), "BRK: #0x996, at PC 0x10000");
});

acrossAccelerators("crash-data-abort tells the address", async (system) => {
  const crash = await crashOf(system, "crash-data-abort");
  assertEquals([crash.vector, crash.elr, crash.far], [4, 0x1_000cn, 0x8000_0000_0001n]);
  assertEquals(syndrome(crash)[0], 0x25);
  assertMatch(summarizeCrash(crash), /^Data abort: address size fault, level 0.* 0x800000000001,/);
});

acrossAccelerators("crash-data-abort shows the registers as they were", async (system) => {
  const crash = await crashOf(system, "crash-data-abort");
  assertEquals([crash.x[0], crash.x[1]], [0x8000_0000_0001n, 0x5an]);
  assertEquals(crash.spEl1, 0x11_0000n);
});

acrossAccelerators("crash-instruction-abort tells where the guest jumped to", async (system) => {
  const crash = await crashOf(system, "crash-instruction-abort");
  assertEquals([crash.vector, crash.elr, crash.far], [4, 0x4000_0000n, 0x4000_0000n]);
  assertEquals([syndrome(crash)[0], crash.instruction], [0x21, undefined]);
  assertEquals(crash.x[0], 0x4000_0000n);
});

acrossAccelerators(
  "crash-unaligned tells an alignment fault and the odd address",
  async (system) => {
    const crash = await crashOf(system, "crash-unaligned");
    assertEquals(syndrome(crash), [0x25, 0x21]);
    assertEquals(crash.far % 4n, 1n);
    assertMatch(summarizeCrash(crash), /^Data abort: alignment fault, load/);
  },
);

acrossAccelerators("crash-no-syndrome tells the instruction to use instead", async (system) => {
  const crash = await crashOf(system, "crash-no-syndrome");
  assertEquals([syndrome(crash), crash.elr], [[0x25, 0x10], 0x1_0004n]);
  assertMatch(crash.hint ?? "", /^0x2000 has no memory.*use a plain ldr or str$/);
});

acrossAccelerators("crash-vectors is found out though it never exits", async (system) => {
  const crash = await crashOf(system, "crash-vectors");
  assertEquals(crash.vector, undefined);
  assertMatch(summarizeCrash(crash), /vectors at VBAR_EL1 0x40000000 raise exceptions themselves$/);
});

const kinds = ["undefined", "brk", "data-abort", "instruction-abort", "unaligned", "no-syndrome"];
for (const kind of kinds) {
  acrossAccelerators(
    `crash-${kind} leaves the processor state in SPSR_EL1 and the PC at the vector`,
    async (system) => {
      const crash = await crashOf(system, `crash-${kind}`);
      assertEquals([crash.spsr & 0x3cfn, crash.pc], [0x3c5n, 0xf200n]);
      assertStringIncludes(describeCrash(crash), "EL1h, flags none, masked DAIF");
    },
  );
}
