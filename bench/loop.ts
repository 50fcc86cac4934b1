/** What the scripts have in common that run the benchmark's guest in Orchid whenever they are asked: the clock, and the answers. */

import { type Machine, run } from "../mod.ts";
import type { Runner } from "../vm/contract.ts";
import { median } from "./table.ts";

/** An exit is too short for the clock: so many are timed together. */
const WINDOW = 100;

/** The benchmark's guest, a flat binary. */
export const program = Deno.readFileSync(new URL("../guests/console-bench.bin", import.meta.url));

/** Times exits one after another. */
export class ExitClock {
  /** When each window of exits ended, in milliseconds. */
  #marks: number[] = [];

  /** Counts the exits of what runs a guest. */
  watch(runner: Runner): void {
    const run = runner.run.bind(runner);
    let left = WINDOW;
    runner.run = () => {
      if (--left === 0) {
        this.#marks.push(performance.now());
        left = WINDOW;
      }
      return run();
    };
  }

  /** Begins anew. */
  reset(): void {
    this.#marks = [];
  }

  /** What an exit took, in milliseconds: the median over windows; 0 where none was watched. */
  get exit(): number {
    const windows = this.#marks.slice(1).map((mark, i) => mark - this.#marks[i]!);
    return windows.length === 0 ? 0 : median(windows) / WINDOW;
  }
}

/** What a run of the guest took: milliseconds from its start to its last byte's write, and those of an exit. */
interface Run {
  readonly bytes: number;
  readonly milliseconds: number;
  readonly exit: number;
}

/** Runs the guest once in a machine that is ready for it. */
export async function time(machine: Machine, clock: ExitClock): Promise<Run> {
  clock.reset();
  const before = machine.console.bytesOut;
  const start = performance.now();
  const end = await run(machine);
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
