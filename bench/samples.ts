/** Takes single measurements: of the C program's loop, and of Orchid's in a process that stays; and names the processes of which the whole is measured. */

import { join } from "@std/path";
import { PROJECT } from "../tests/arm64/box.ts";
import type { Mode as TinyMode } from "./orchid.ts";
import { figures, figuresOf } from "./process.ts";

const guest = (name: string) => join(PROJECT, "guests", `${name}.bin`);

/** How a Deno program is started that may call libc; types were checked before. */
export const DENO = [Deno.execPath(), "run", "--allow-ffi", "--no-check"];

/** What a guest's run took. */
export interface LoopSample {
  /** Bytes it printed. */
  readonly bytes: number;
  readonly nanoseconds: number;
  /** Nanoseconds of a single exit, the median over windows of many; 0 if not each byte was one. */
  readonly exit: number;
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
  return loopSample(await figuresOf(command, FIGURES));
}

/** What both tell. */
const FIGURES = 3;

function loopSample([bytes, nanoseconds, exit]: number[]): LoopSample {
  return { bytes: bytes!, nanoseconds: nanoseconds!, exit: exit! };
}

/** How the console guest runs: on the tiny machine in one of its modes, or on the virt machine, whose exits go through a mailbox. */
export type Mode = TinyMode | "mailbox";

/** The scripts that run it, and their arguments. */
const SCRIPTS: Record<Mode, [name: string, ...args: string[]]> = {
  exits: ["orchid.ts", "exits"],
  collected: ["orchid.ts", "collected"],
  mailbox: ["mailbox.ts"],
};

/** A process that runs the console guest in Orchid whenever asked, in one mode, so that V8 has compiled the loop for that as it would in the command. */
export class OrchidLoop implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #questions: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: ReadableStreamDefaultReader<string>;

  constructor(mode: Mode) {
    const [name, ...options] = SCRIPTS[mode];
    const script = join(PROJECT, "bench", name);
    const [program = "", ...args] = [...DENO, "--allow-read", script, ...options];
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
  async sample(): Promise<LoopSample> {
    await this.#questions.write(new TextEncoder().encode("again\n"));
    return loopSample(figures((await this.#answers.read()).value ?? "", FIGURES));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#questions.close();
    await this.#answers.cancel();
    await this.#process.status;
  }
}
