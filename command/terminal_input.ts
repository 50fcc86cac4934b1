/** Standard input for a guest: as it is from a file or a pipe, key by key from a terminal. */

import type { Reader } from "../devices/console.ts";
import { RawTerminal } from "./raw_terminal.ts";

const CTRL_D = 0x04;
const CARRIAGE_RETURN = 0x0d;
const NEWLINE = 0x0a;

/** How long the signal of a closed terminal may take, in milliseconds. */
const HANGUP_GRACE = 1000;

/** Reads standard input; one that fails has ended. */
export async function readStandardInput(bytes: Uint8Array): Promise<number | null> {
  try {
    return await Deno.stdin.read(bytes);
  } catch {
    return null;
  }
}

/**
 * Standard input. On a terminal, from the first read on, each key arrives at
 * once and unechoed, Enter is a newline, and Ctrl-D on its own ends the input;
 * Ctrl-C still is a signal. Dispose it to leave the terminal as it was.
 */
export class TerminalInput implements Reader, Disposable {
  readonly #terminal = new RawTerminal();
  #ended = false;

  async read(bytes: Uint8Array): Promise<number | null> {
    if (this.#ended) return null;
    // On Windows there is no such mode that leaves Ctrl-C alone.
    this.#terminal.enter({ cbreak: Deno.build.os !== "windows" });
    const length = await readStandardInput(bytes);
    if (!this.#terminal.isTerminal) return length;
    // Without lines a terminal ends only when it is closed: SIGHUP is to be the guest's end, not this.
    if (length === null) {
      await new Promise((resolve) => setTimeout(resolve, HANGUP_GRACE));
      return null;
    }
    return this.#cook(bytes.subarray(0, length));
  }

  [Symbol.dispose](): void {
    this.#terminal[Symbol.dispose]();
  }

  /** Does to typed bytes what the terminal would have done; the number of bytes, null at the end. */
  #cook(typed: Uint8Array): number | null {
    typed.forEach((byte, i) => {
      if (byte === CARRIAGE_RETURN) typed[i] = NEWLINE;
    });
    const end = typed.indexOf(CTRL_D);
    if (end < 0) return typed.length;
    this.#ended = true;
    return end > 0 ? end : null;
  }
}
