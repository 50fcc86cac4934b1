/** Tests how much memory the software CPU takes. */

import { assertEquals, assertThrows } from "@std/assert";
import { SoftCpuError, SoftSystem } from "../../soft/soft_system.ts";
import { GuestMemory } from "../../vm/guest_memory.ts";
import { code } from "./assembly/code.ts";
import { describeEnd, runFlat } from "./flat_guest.ts";

const MEGABYTE = 2 ** 20;

Deno.test("SoftSystem refuses memory that translated code cannot reach", () => {
  using system = new SoftSystem();
  const size = 4096 * MEGABYTE;
  const { memory } = new GuestMemory([{ base: 0x1_0000, size, readOnly: false }]);
  assertThrows(() => system.createVm(memory!), SoftCpuError, "give the guest 4094M at most");
});

Deno.test("SoftSystem takes as much as it says, and reaches the end of it", async () => {
  using system = new SoftSystem();
  const memory = 4094 * MEGABYTE;
  const last = 0x1_0000 + memory - 8;
  const guest = code`
    str x0, [x1]
    ldr x2, [x1]
    subs x3, x3, #1
    b.ne . - 12
    cmp x0, x2
    b.eq . + 8
    brk #0
    mov w0, #0x84000000
    add w0, w0, #8
    hvc #0
  `;
  const registers = { x0: 0x1234_5678_9abc_def0n, x1: BigInt(last), x3: 100n };
  assertEquals(describeEnd(await runFlat(system, guest, { memory, registers })), "shutdown");
});
