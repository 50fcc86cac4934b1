/** What Orchid says of its own: always on stderr, since stdout is the guest's. */

import { bold } from "@std/fmt/colors";
import type { Trace } from "../vm/trace.ts";

const encoder = new TextEncoder();

/** Writes a message to stderr. */
export function say(message: string): void {
  const name = Deno.stderr.isTerminal() && !Deno.noColor ? bold("orchid:") : "orchid:";
  write(`${name} ${message}\n`);
}

/** Numbers the steps of building and running a machine, for `--verbose`. */
export class StepList implements Trace {
  #count = 0;

  step(text: string): void {
    write(`[${++this.#count}] ${text}\n`);
  }

  note(text: string): void {
    write(`    ${text}\n`);
  }
}

/** Writes text to stderr, whole. What nobody reads any more is not worth an error. */
export function write(text: string): void {
  try {
    for (let rest = encoder.encode(text); rest.length > 0;) {
      rest = rest.subarray(Deno.stderr.writeSync(rest));
    }
  } catch {
    // stderr is closed; there is nowhere left to complain.
  }
}
