/** `deno task bundle`: makes Orchid and its guests into one file, a program for whoever has Deno. */

import { join } from "@std/path";
import { PROJECT } from "../tests/arm64/box.ts";
import { run, ToolError } from "./run.ts";

/**
 * What one file of Orchid is started with, as its first line says: V8 compiles all of
 * it at once. Deno keeps what comes of that, but not what is compiled later, piece by
 * piece as it is called: at each start a guest would wait for that.
 */
export const V8_FLAGS = ["--v8-flags=--no-lazy"];

/** Makes the file. @throws {ToolError} if that fails. */
export async function bundle(output: string): Promise<void> {
  const main = join(PROJECT, "main.ts");
  await run([Deno.execPath(), "bundle", "--quiet", "--minify", "--output", output, main]);
  // Its first line is main.ts's, and says how it is run.
  if (Deno.build.os !== "windows") await Deno.chmod(output, 0o755);
}

if (import.meta.main) {
  try {
    await bundle(join(PROJECT, "build", "orchid.js"));
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    console.error(`bundle: ${error.message}`);
    Deno.exit(1);
  }
}
