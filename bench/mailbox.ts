/** As bench/orchid.ts, on the virt machine: there the vCPU has a thread of its own, and each byte is an exit that goes through the mailbox and back. */

import { isSmp, VirtMachine } from "../machine/virt.ts";
import { fileOf, openSystem, type Reader } from "../mod.ts";
import { answer, program, time } from "./loop.ts";

/** The guest's RAM in bytes, more than it needs. */
const MEMORY = 16 * 2 ** 20;

/** stdin is for this script's own questions. */
const NOTHING: Reader = { read: () => Promise.resolve(null) };

using system = await openSystem("kvm");
if (!isSmp(system)) throw new Error("the virt machine needs KVM");
const options = { kernel: fileOf("console-bench", program), memory: MEMORY, input: NOTHING };

await answer(async () => {
  // A new machine for each run: when a guest has switched this one off, that is for good.
  await using machine = await VirtMachine.create(system, options);
  return await time(machine);
});
