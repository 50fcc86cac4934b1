/** Runs the benchmark's guest in Orchid for each line on stdin, and tells on stderr how long the run loop took, and how long an exit. The argument is the mode. */

import { RAM_BASE } from "../machine/layout.ts";
import { openSystem, registerId, run, TinyMachine } from "../mod.ts";
import { median } from "./table.ts";

/** How the console works: an exit for each byte, or bytes collected in the kernel. */
export type Mode = "exits" | "collected";

/** An exit is too short for the clock: so many are timed together. */
const WINDOW = 100;

const [mode] = Deno.args;
const program = Deno.readFileSync(new URL("../guests/console-bench.bin", import.meta.url));

// One machine for all runs, started anew for each, as a guest's loops stay in
// one machine: what V8 has compiled for a machine that is gone goes with it.
// The guest's output goes to stdout, as it does in the command.
using system = await openSystem("kvm");
using machine = new TinyMachine(system, { program, coalesce: mode === "collected" });

/** When each window of exits ended, in milliseconds. */
let marks: number[] = [];
if (mode === "exits") {
  const { vcpu } = machine;
  const runVcpu = vcpu.run.bind(vcpu);
  let left = WINDOW;
  vcpu.run = () => {
    if (--left === 0) {
      marks.push(performance.now());
      left = WINDOW;
    }
    return runVcpu();
  };
}

/** Runs the guest once; gives the bytes it printed and the milliseconds from its start to its last byte's write. */
async function measure(): Promise<{ bytes: number; milliseconds: number }> {
  marks = [];
  machine.vcpu.init();
  machine.vcpu.setOneReg(registerId("pc"), BigInt(RAM_BASE));
  machine.end = undefined;
  const before = machine.console.bytesOut;
  const start = performance.now();
  const end = await run(machine);
  const milliseconds = performance.now() - start;
  if (end.kind !== "shutdown") throw new Error(`the guest ended in another way: ${end.kind}`);
  return { bytes: machine.console.bytesOut - before, milliseconds };
}

for await (const _ of Deno.stdin.readable) {
  const { bytes, milliseconds } = await measure();
  const windows = marks.slice(1).map((mark, i) => mark - marks[i]!);
  const exit = mode === "exits" ? median(windows) / WINDOW : 0;
  const [all, one] = [milliseconds, exit].map((time) => Math.round(time * 1e6));
  console.error(`${bytes} bytes in ${all} ns, one in ${one} ns`);
}
