/** A folder for a test's files. */

/** Calls `fn` with a folder that is gone afterwards. */
export function inTempFolder<T>(fn: (folder: string) => T): T {
  const folder = Deno.makeTempDirSync({ prefix: "orchid-test-" });
  // Readable by asNobody() too.
  Deno.chmodSync(folder, 0o755);
  try {
    return fn(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}
