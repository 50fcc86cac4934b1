/** Runs guests that try what they should not: nothing hangs, nothing throws, the host stays whole. */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { BusError, summarizeCrash } from "../../mod.ts";
import { guestCode, register, runGuest, setRegisters } from "../guest_run.ts";
import { acrossAccelerators } from "../soft/accelerators.ts";
import * as programs from "./programs.ts";

const { flat } = programs;

acrossAccelerators("the vectors page is read-only to the guest", async (system) => {
  await runGuest(system, flat(programs.pokeVectors), {
    after(machine) {
      const [before, after] = ["x1", "x3"].map((name) => register(machine, name));
      assertEquals(after, before);
      assertEquals(machine.memory.readUint32(0xf000), Number(before));
      assertEquals(machine.bus.unclaimed.writes, 1);
    },
  });
});

acrossAccelerators("a guest that jumps to a vector has crashed", async (system) => {
  const { end } = await runGuest(system, flat(programs.jumpToVector));
  assertEquals(end.kind, "crash");
});

acrossAccelerators(
  "a guest that stores to and loads from all of the device page runs on",
  async (system) => {
    const { end, bytes } = await runGuest(system, flat(programs.sweep), {
      after: (machine) => assertEquals(register(machine, "x1"), 0x600dn),
    });
    assertEquals(end.kind, "end-of-code");
    // The one store of one byte to 0x996, of the low byte of its address.
    assertEquals(bytes, new Uint8Array([0x96]));
  },
);

const places: [what: string, from: bigint, step: bigint][] = [
  ["below the vectors", 0x2000n, 8n],
  ["beyond its memory", 0x11_0000n, 0x1000n],
  ["all over 32 bits", 0x4000_0000n, 0x0010_0008n],
  ["up to 40 bits", 0xff_ffff_0000n, 8n],
];

for (const [what, from, step] of places) {
  acrossAccelerators(
    `a guest that hammers addresses ${what} reads zeroes and runs on`,
    async (system) => {
      const { end } = await runGuest(system, flat(programs.hammer), {
        before: ({ vcpu }) => setRegisters(vcpu, { x0: from, x1: 500n, x2: step }),
        after(machine) {
          const { reads, writes } = machine.bus.unclaimed;
          assertEquals([register(machine, "x3"), reads, writes], [0n, 500, 500]);
        },
      });
      assertEquals(end.kind, "end-of-code");
    },
  );
}

acrossAccelerators(
  "a guest that reaches beyond its 40 bits of addresses has crashed",
  async (system) => {
    const { end } = await runGuest(system, flat(programs.hammer), {
      before: ({ vcpu }) => setRegisters(vcpu, { x0: 1n << 44n, x1: 1n, x2: 8n }),
    });
    assertEquals(end.kind, "crash");
  },
);

acrossAccelerators("a guest whose translation tables are nowhere has crashed", async (system) => {
  const { end } = await runGuest(system, flat(programs.badTables));
  assert(end.kind === "crash");
  assertMatch(summarizeCrash(end.crash), /vectors at VBAR_EL1 0xf000 raise exceptions themselves/);
});

acrossAccelerators(
  "a device that overlaps the console is refused, and the machine runs on",
  async (system) => {
    const device = { read: () => 0, write() {} };
    const { output } = await runGuest(system, guestCode("hello"), {
      before: ({ bus }) => {
        assertThrows(() => bus.attach("mine", 0x990, 16, device), BusError, "overlaps console");
      },
    });
    assertEquals(output, "Hello\n");
  },
);

acrossAccelerators("a device that answers with no number does no harm", async (system) => {
  const { end } = await runGuest(system, flat(programs.hammer), {
    before({ bus, vcpu }) {
      bus.attach("odd", 0x2000, 64, { read: () => NaN, write() {} });
      setRegisters(vcpu, { x0: 0x2000n, x1: 4n, x2: 8n });
    },
    after: (machine) => assertEquals(register(machine, "x3"), 0n),
  });
  assertEquals(end.kind, "end-of-code");
});
