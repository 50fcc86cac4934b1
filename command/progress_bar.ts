/** A progress bar on stderr, for a person who waits. */

import { write } from "./say.ts";

/** No bar for what is done sooner, in milliseconds. */
const PATIENCE = 500;
/** How often the bar is drawn at the most, in milliseconds. */
const PERIOD = 100;
/** The bar's length in characters. */
const LENGTH = 30;
/** The width of a terminal that does not tell. */
const USUAL_WIDTH = 80;

/** To the start of the line, and clear it (ECMA-48, "CR" and "EL"). */
const CLEAR_LINE = "\r\x1b[K";

/** What a bar works with; the process's own terminal and clock unless given. */
export interface ProgressBarOptions {
  readonly write?: (text: string) => void;
  /** Milliseconds since whenever. */
  readonly now?: () => number;
  readonly isTerminal?: boolean;
  /** The terminal's width in characters. */
  readonly width?: number;
}

/**
 * A bar for one piece of work. It shows on a terminal, from half a second after
 * it was made; dispose it to have its line back.
 */
export class ProgressBar implements Disposable {
  readonly #label: string;
  readonly #write: (text: string) => void;
  readonly #now: () => number;
  readonly #isTerminal: boolean;
  readonly #width: number;
  #next: number;
  #isDrawn = false;

  /** @param label What is being done, in a few words. */
  constructor(label: string, options: ProgressBarOptions = {}) {
    this.#label = label;
    this.#write = options.write ?? write;
    this.#now = options.now ?? (() => performance.now());
    this.#isTerminal = options.isTerminal ?? Deno.stderr.isTerminal();
    this.#width = options.width ?? terminalWidth();
    this.#next = this.#now() + PATIENCE;
  }

  /** Shows that so much of so much is done. Bound, so that it can be passed on as it is. */
  readonly update = (done: number, total: number): void => {
    if (!this.#isTerminal || this.#now() < this.#next) return;
    this.#next = this.#now() + PERIOD;
    const share = total > 0 ? Math.min(done / total, 1) : 1;
    const filled = Math.floor(share * LENGTH);
    const bar = `[${"#".repeat(filled)}${" ".repeat(LENGTH - filled)}]`;
    const line = `${this.#label} ${bar} ${Math.floor(share * 100)} %`;
    // A line that fills the terminal would wrap, and leave a part of itself behind.
    this.#write(CLEAR_LINE + line.slice(0, this.#width - 1));
    this.#isDrawn = true;
  };

  [Symbol.dispose](): void {
    if (this.#isDrawn) this.#write(CLEAR_LINE);
    this.#isDrawn = false;
  }
}

function terminalWidth(): number {
  try {
    return Deno.consoleSize().columns || USUAL_WIDTH;
  } catch {
    // Nothing here is a terminal.
    return USUAL_WIDTH;
  }
}
