/** Stands in for this process's own stdin and stderr while a test runs. */

/** Takes what is written to stderr until it is disposed. */
function replaceStderr(writeSync: (bytes: Uint8Array) => number): Disposable {
  const own = Deno.stderr.writeSync;
  Deno.stderr.writeSync = writeSync;
  return { [Symbol.dispose]: () => Deno.stderr.writeSync = own };
}

/** Calls `fn` while `writeSync` takes what is written to stderr. */
export function withStderr(writeSync: (bytes: Uint8Array) => number, fn: () => void): void {
  using _replaced = replaceStderr(writeSync);
  fn();
}

/** Keeps what is written to stderr until it is disposed. */
export class StderrCapture implements Disposable {
  text = "";
  readonly #decoder = new TextDecoder();
  readonly #replaced = replaceStderr((bytes) => {
    this.text += this.#decoder.decode(bytes, { stream: true });
    return bytes.length;
  });

  [Symbol.dispose](): void {
    this.#replaced[Symbol.dispose]();
  }
}

/** What `fn` writes to stderr. */
export function captureStderr(fn: () => void): string {
  using capture = new StderrCapture();
  fn();
  return capture.text;
}

/** A stdin made by hand. */
export interface FakeStdin {
  readonly isTerminal: boolean;
  /** What each read gives; then the end. */
  readonly typed: string[];
  /** Called for each setRaw. */
  readonly onSetRaw?: (mode: boolean, options?: Deno.SetRawOptions) => void;
}

/** Calls `fn` with another stdin. */
export async function withStdin(fake: FakeStdin, fn: () => Promise<void>): Promise<void> {
  const { isTerminal, read, setRaw } = Deno.stdin;
  const typed = [...fake.typed];
  Deno.stdin.isTerminal = () => fake.isTerminal;
  Deno.stdin.setRaw = (mode, options) => fake.onSetRaw?.(mode, options);
  Deno.stdin.read = (room) => {
    const next = typed.shift();
    return Promise.resolve(
      next === undefined ? null : new TextEncoder().encodeInto(next, room).written,
    );
  };
  try {
    await fn();
  } finally {
    Object.assign(Deno.stdin, { isTerminal, read, setRaw });
  }
}
