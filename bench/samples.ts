/** Takes single measurements: of the C program's loop, and of Orchid's in a process that stays; and names the processes of which the whole is measured. */

import { join } from "@std/path";
import { PROJECT } from "../tests/arm64/box.ts";
import type { Mode } from "./orchid.ts";
import { figures, figuresOf } from "./process.ts";

const guest = (name: string) => join(PROJECT, "guests", `${name}.bin`);

/** How a Deno program is started that may call libc; types were checked before. */
const DENO = [Deno.execPath(), "run", "--allow-ffi", "--no-check"];

/** What a guest's run took. */
export interface LoopSample {
  /** Bytes it printed. */
  readonly bytes: number;
  readonly nanoseconds: number;
}

/** The processes of which the whole is measured, by the folder of the C programs. */
export const command = {
  c: (programs: string) => [join(programs, "hello"), guest("hello"), "newline"],
  orchid: () => [...DENO, join(PROJECT, "main.ts"), guest("hello")],
  empty: () => [...DENO, join(PROJECT, "bench", "empty.ts")],
};

/** Runs the console guest in the C program; each byte is an exit. */
export async function sampleC(programs: string): Promise<LoopSample> {
  const command = [join(programs, "hello"), guest("console-bench"), "shutdown"];
  return loopSample(await figuresOf(command, 2));
}

function loopSample([bytes, nanoseconds]: number[]): LoopSample {
  return { bytes: bytes!, nanoseconds: nanoseconds! };
}

/** A process that runs the console guest in Orchid whenever asked, so that V8 has compiled the loop. */
export class OrchidLoop implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #questions: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: ReadableStreamDefaultReader<string>;

  constructor() {
    const [program = "", ...args] = [...DENO, "--allow-read", join(PROJECT, "bench", "orchid.ts")];
    this.#process = new Deno.Command(program, {
      args,
      stdin: "piped",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#questions = this.#process.stdin.getWriter();
    this.#answers = this.#process.stderr.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Runs the guest once. */
  async sample(mode: Mode): Promise<LoopSample> {
    await this.#questions.write(new TextEncoder().encode(mode));
    return loopSample(figures((await this.#answers.read()).value ?? "", 2));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#questions.close();
    await this.#answers.cancel();
    await this.#process.status;
  }
}
