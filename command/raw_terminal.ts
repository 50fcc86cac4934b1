/** The terminal that is standard input, without the lines and the echo it has for people. */

/** Takes the terminal over, if standard input is one. Dispose it to leave it as it was. */
export class RawTerminal implements Disposable {
  /** Whether somebody types. */
  readonly isTerminal = Deno.stdin.isTerminal();
  #isRaw = false;

  /** Lets every key arrive at once, unechoed. @param options As of `Deno.stdin.setRaw`. */
  enter(options: { cbreak: boolean }): void {
    if (!this.isTerminal || this.#isRaw) return;
    Deno.stdin.setRaw(true, options);
    this.#isRaw = true;
  }

  [Symbol.dispose](): void {
    if (!this.#isRaw) return;
    this.#isRaw = false;
    try {
      Deno.stdin.setRaw(false);
    } catch {
      // The terminal is closed: there is nothing left to restore.
    }
  }
}
