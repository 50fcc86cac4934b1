/** The command while it runs: what it has said so far, and how it ends. */

import type { Outcome } from "./orchid_command.ts";
import { within } from "./within.ts";

/** Longer than the command needs to start or to end, in seconds, in an emulated box on a busy host as well. */
const LIMIT = 200;

/** Collects what a stream carries. */
class Collector {
  text = "";
  readonly #stream: ReadableStream<Uint8Array>;
  #onText = () => {};

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#stream = stream;
  }

  /** Collects to the end. */
  async all(): Promise<string> {
    for await (const piece of this.#stream.pipeThrough(new TextDecoderStream())) {
      this.text += piece;
      this.#onText();
    }
    return this.text;
  }

  /** Resolves when `words` have been said. */
  has(words: string): Promise<void> {
    return new Promise((resolve) => {
      this.#onText = () => {
        if (this.text.includes(words)) resolve();
      };
      this.#onText();
    });
  }
}

/** A process of the command. */
export class RunningCommand {
  readonly #process: Deno.ChildProcess;
  readonly #stdout: Collector;
  readonly #stderr: Collector;
  readonly #outputs: Promise<string>[];

  /** @param readsStdout False leaves standard output alone: a pipe that nobody reads. */
  constructor(command: Deno.Command, readsStdout = true) {
    this.#process = command.spawn();
    this.#stdout = new Collector(this.#process.stdout);
    this.#stderr = new Collector(this.#process.stderr);
    this.#outputs = [
      readsStdout ? this.#stdout.all() : Promise.resolve(""),
      this.#stderr.all(),
    ];
  }

  /** Resolves when it has said `words` on stderr. */
  hasSaid(words: string): Promise<void> {
    return this.#soon(`"${words}"`, this.#unlessEnded(this.#stderr.has(words)));
  }

  /** Resolves when it has printed `words` on stdout. */
  hasPrinted(words: string): Promise<void> {
    return this.#soon(`"${words}"`, this.#unlessEnded(this.#stdout.has(words)));
  }

  /** What it has printed on stdout so far. */
  get printed(): string {
    return this.#stdout.text;
  }

  /** Gives it input. */
  async type(text: string): Promise<void> {
    const writer = this.#process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(text));
    writer.releaseLock();
  }

  /** Ends its input. */
  async endInput(): Promise<void> {
    await this.#process.stdin.close();
  }

  /** Sends it a signal. */
  kill(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Waits for its end. */
  async end(): Promise<Outcome> {
    const { code } = await this.#soon("the end", this.#process.status);
    const [stdout = "", stderr = ""] = await Promise.all(this.#outputs);
    return { code, stdout, stderr };
  }

  /** Waits for words that never come from a process that is gone. */
  async #unlessEnded(words: Promise<void>): Promise<void> {
    const ended = Promise.all([this.#process.status, ...this.#outputs]).then(([{ code }]) => code);
    const code = await Promise.race([words, ended]);
    // They may have been its last.
    const isMissing = code !== undefined && await Promise.race([words, Promise.resolve(true)]);
    if (isMissing) throw new Error(`it ended with ${code} before that`);
  }

  #kill(): void {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
  }

  /** Waits, but not for ever, and leaves no process behind that does not do what it should. */
  async #soon<T>(what: string, promise: Promise<T>): Promise<T> {
    try {
      return await within(LIMIT, what, promise);
    } catch (error) {
      this.#kill();
      const said = `${this.#stdout.text.slice(-500)}\n${this.#stderr.text.slice(-500)}`;
      throw new Error(`${(error as Error).message}; so far:\n${said}`);
    }
  }
}
