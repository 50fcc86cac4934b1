/** Stands in for this process's own stdin and stderr while a test runs. */

/** Calls `fn` while `writeSync` takes what is written to stderr. */
export function withStderr(writeSync: (bytes: Uint8Array) => number, fn: () => void): void {
  const own = Deno.stderr.writeSync;
  Deno.stderr.writeSync = writeSync;
  try {
    fn();
  } finally {
    Deno.stderr.writeSync = own;
  }
}

/** What `fn` writes to stderr. */
export function captureStderr(fn: () => void): string {
  const decoder = new TextDecoder();
  let text = "";
  withStderr((bytes) => {
    text += decoder.decode(bytes, { stream: true });
    return bytes.length;
  }, fn);
  return text;
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
