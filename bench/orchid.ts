/** Runs the benchmark's guest in Orchid for each line on stdin, and tells on stderr how long the run loop took, and how long an exit. The argument is the mode. */

import { RAM_BASE } from "../machine/layout.ts";
import { openSystem, registerId, TinyMachine } from "../mod.ts";
import { answer, program, time } from "./loop.ts";

/** How the console works: an exit for each byte, or bytes collected in the kernel. */
export type Mode = "exits" | "collected";

const [mode] = Deno.args;

// One machine for all runs, started anew for each, as a guest's loops stay in
// one machine: what V8 has compiled for a machine that is gone goes with it.
// The guest's output goes to stdout, as it does in the command.
using system = await openSystem("kvm");
using machine = new TinyMachine(system, { program, coalesce: mode === "collected" });

await answer(() => {
  machine.vcpu.init();
  machine.vcpu.setOneReg(registerId("pc"), BigInt(RAM_BASE));
  machine.end = undefined;
  return time(machine);
});
