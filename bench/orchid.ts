/** Runs the benchmark's guest in Orchid each time stdin asks for it, and tells on stderr how long the run loop took. */

import { openSystem, run, TinyMachine } from "../mod.ts";

/** What stdin may ask for: an exit for each byte, or bytes collected in the kernel. */
export type Mode = "exits" | "collected";

const program = Deno.readFileSync(new URL("../guests/console-bench.bin", import.meta.url));

/** Runs the guest once; gives the bytes it printed and the milliseconds from its start to its last byte's write. */
async function measure(mode: Mode): Promise<{ bytes: number; milliseconds: number }> {
  using system = openSystem("kvm");
  using machine = new TinyMachine(system, { program, coalesce: mode === "collected" });
  const start = performance.now();
  const end = await run(machine);
  const milliseconds = performance.now() - start;
  if (end.kind !== "shutdown") throw new Error(`the guest ended in another way: ${end.kind}`);
  return { bytes: machine.console.bytesOut, milliseconds };
}

// The guest's output goes to stdout, as it does in the command.
for await (const word of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const { bytes, milliseconds } = await measure(word.trim() as Mode);
  console.error(`${bytes} bytes in ${Math.round(milliseconds * 1e6)} ns`);
}
