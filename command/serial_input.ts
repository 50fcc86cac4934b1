/** Standard input for a serial port: on a terminal every key goes to the guest, but for Ctrl-A and the one after it. */

import type { Reader } from "../devices/console.ts";
import { RawTerminal } from "./raw_terminal.ts";
import { readStandardInput } from "./terminal_input.ts";

/** What the keys after Ctrl-A do. */
export interface Commands {
  /** Ends the machine. */
  readonly exit: () => void;
  /** Presses the power key. */
  readonly powerKey: () => void;
  /** Shows statistics. */
  readonly statistics: () => void;
  /** Shows what keys there are. */
  readonly help: () => void;
}

const CTRL_A = 0x01;

const keys: Readonly<Record<string, keyof Commands>> = {
  x: "exit",
  p: "powerKey",
  s: "statistics",
  "?": "help",
  h: "help",
};

/** What Ctrl-A ? shows. */
export const KEY_HELP =
  "Ctrl-A x ends, Ctrl-A p presses the power key, Ctrl-A s shows statistics, " +
  "Ctrl-A Ctrl-A sends Ctrl-A, Ctrl-A ? shows this";

/** Takes the commands out of what is typed. */
export class KeyFilter {
  #isCommand = false;
  readonly #commands: Commands;

  constructor(commands: Commands) {
    this.#commands = commands;
  }

  /** Moves what is the guest's to the start of `typed`. @returns How many bytes that is. */
  filter(typed: Uint8Array): number {
    let length = 0;
    for (const byte of typed) {
      const isCommand = this.#isCommand;
      this.#isCommand = !isCommand && byte === CTRL_A;
      if (this.#isCommand) continue;
      const command = keys[String.fromCharCode(byte)];
      // After Ctrl-A, what means nothing goes to the guest, Ctrl-A itself above all.
      if (isCommand && command !== undefined) this.#commands[command]();
      else typed[length++] = byte;
    }
    return length;
  }
}

/**
 * Standard input. On a terminal, every key arrives at once, unechoed and as it
 * is. From a file or a pipe, every byte does. Dispose it to leave the terminal
 * as it was.
 */
export class SerialInput implements Reader, Disposable {
  readonly #filter: KeyFilter;
  readonly #terminal = new RawTerminal();

  constructor(commands: Commands) {
    this.#filter = new KeyFilter(commands);
  }

  /** Takes the terminal over; Ctrl-C is the guest's from then on. */
  start(): void {
    this.#terminal.enter({ cbreak: false });
  }

  /** Whether somebody types. */
  get isTerminal(): boolean {
    return this.#terminal.isTerminal;
  }

  async read(bytes: Uint8Array): Promise<number | null> {
    for (;;) {
      const length = await readStandardInput(bytes);
      if (length === null || !this.isTerminal) return length;
      const kept = this.#filter.filter(bytes.subarray(0, length));
      if (kept > 0) return kept;
    }
  }

  [Symbol.dispose](): void {
    this.#terminal[Symbol.dispose]();
  }
}
