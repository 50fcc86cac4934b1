/** What the scripts have in common that run the benchmark's guest in Orchid whenever they are asked: the clock, and the answers. */

import { run } from "../main.ts";
import type { Machine } from "../machine/machine.ts";
import { Pace } from "../machine/pace.ts";
import { median } from "./table.ts";

/** The benchmark's guest, a flat binary. */
export const program = Deno.readFileSync(new URL("../guests/console-bench.bin", import.meta.url));

/** An exit is too short for the clock: so many are timed together at the least. The run loop comes to several times as many between its looks. */
const LEAST = 32;

/**
 * Times exits while it paces the run loop, which so is what it always is: from
 * one look at the clock to the next, many exits apart, unless there was a turn.
 */
export class ExitClock extends Pace {
  /** What an exit took in each such window, in milliseconds. */
  readonly #exits: number[] = [];
  #from?: number;

  override look(): boolean {
    const exits = this.stride;
    const isDue = super.look();
    const now = performance.now();
    if (this.#from !== undefined && exits >= LEAST) this.#exits.push((now - this.#from) / exits);
    this.#from = isDue ? undefined : now;
    return isDue;
  }

  override turned(): void {
    super.turned();
    this.#from = performance.now();
  }

  /** What an exit took, in milliseconds: the median over windows; 0 where there were none. */
  get exit(): number {
    return this.#exits.length === 0 ? 0 : median(this.#exits);
  }
}

/** What a run of the guest took: milliseconds from its start to its last byte's write, and those of an exit. */
interface Run {
  readonly bytes: number;
  readonly milliseconds: number;
  readonly exit: number;
}

/** Runs the guest once in a machine that is ready for it. */
export async function time(machine: Machine): Promise<Run> {
  const clock = new ExitClock();
  const before = machine.console.bytesOut;
  const start = performance.now();
  const end = await run(machine, undefined, clock);
  const milliseconds = performance.now() - start;
  if (end.kind !== "shutdown") throw new Error(`the guest ended in another way: ${end.kind}`);
  return { bytes: machine.console.bytesOut - before, milliseconds, exit: clock.exit };
}

/** Measures once for each line on stdin, and tells on stderr what came of it. */
export async function answer(measure: () => Promise<Run>): Promise<void> {
  for await (const _ of Deno.stdin.readable) {
    const { bytes, milliseconds, exit } = await measure();
    const [all, one] = [milliseconds, exit].map((time) => Math.round(time * 1e6));
    console.error(`${bytes} bytes in ${all} ns, one in ${one} ns`);
  }
}
