/** Runs guests whose memory and registers the host sets before and reads after. */

import { assertEquals } from "@std/assert";
import { register, runGuest, setRegisters } from "../guest_run.ts";
import { KvmSystem } from "../../kvm/system.ts";
import { kvmTest } from "../test_case.ts";
import { acrossAccelerators } from "../soft/accelerators.ts";
import { flat, store, sum } from "./programs.ts";

kvmTest(
  "a guest finds in its registers what the host has put there, and the host what it has",
  async () => {
    // The software CPU has no V registers yet.
    using system = KvmSystem.open();
    await runGuest(system, flat(sum), {
      before: ({ vcpu }) =>
        setRegisters(vcpu, { x0: 0x1_0000_0000n, x1: 5n, v0: 0x1234n << 64n | 0x5678n }),
      after: (machine) => {
        assertEquals([register(machine, "x2"), register(machine, "x3")], [0x1_0000_0005n, 0x5678n]);
      },
    });
  },
);

acrossAccelerators("the host finds in memory what the guest stored", async (system) => {
  await runGuest(system, flat(store), {
    before: ({ vcpu }) =>
      setRegisters(vcpu, { x0: 0xfedc_ba98_7654_3210n, x1: 0x10_fff8n, x3: 0x1_0000n }),
    after: ({ memory }) => assertEquals(memory.readUint64(0x10_fff8), 0xfedc_ba98_7654_3210n),
  });
});

acrossAccelerators("the guest finds in memory what the host has put there", async (system) => {
  await runGuest(system, flat(store), {
    before: ({ vcpu, memory }) => {
      memory.writeUint64(0x2_0000, 0x1122_3344_5566_7788n);
      setRegisters(vcpu, { x1: 0x3_0000n, x3: 0x2_0000n });
    },
    after: (machine) => assertEquals(register(machine, "x2"), 0x1122_3344_5566_7788n),
  });
});

acrossAccelerators("a guest finds the end of RAM in its stack pointer", async (system) => {
  await runGuest(system, flat([[0x9100_03e0, "mov x0, sp"]]), {
    memory: 0x2_0000,
    after: (machine) => assertEquals(register(machine, "x0"), 0x3_0000n),
  });
});
