/** A folder for a test's files. */

/** A folder that is gone when it is disposed of. */
export class TempFolder implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "orchid-test-" });

  constructor() {
    // Readable by asNobody() too.
    Deno.chmodSync(this.path, 0o755);
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

/** Calls `fn` with a folder that is gone afterwards. */
export function inTempFolder<T>(fn: (folder: string) => T): T {
  using folder = new TempFolder();
  return fn(folder.path);
}
