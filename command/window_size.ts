/** How large the terminal's window is, for a guest that wants to know. */

/** Tells of the size of the window that standard input is in: at once, and whenever somebody changes it. Dispose it to hear no more. */
export class WindowSize implements Disposable {
  readonly #onSize: (columns: number, rows: number) => void;
  readonly #listener = () => this.#look();
  #columns = 0;
  #rows = 0;

  /** @param onSize Given the size in characters. */
  constructor(onSize: (columns: number, rows: number) => void) {
    this.#onSize = onSize;
    Deno.addSignalListener("SIGWINCH", this.#listener);
    this.#look();
  }

  [Symbol.dispose](): void {
    Deno.removeSignalListener("SIGWINCH", this.#listener);
  }

  #look(): void {
    const size = windowSize();
    if (size === undefined || size.columns === this.#columns && size.rows === this.#rows) return;
    this.#columns = size.columns;
    this.#rows = size.rows;
    this.#onSize(size.columns, size.rows);
  }
}

function windowSize(): { columns: number; rows: number } | undefined {
  try {
    return Deno.consoleSize();
  } catch {
    // The terminal is closed.
    return;
  }
}
