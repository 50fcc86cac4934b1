/** Builds the guests: from each .s the .bin beside it. `deno task guests` does that for all of them, those of the tests included. */

import { fromFileUrl, join } from "@std/path";
import { buildFlat } from "../tools/flat_binary.ts";
import { ToolError } from "../tools/run.ts";
import { ensureTool } from "../tools/toolchain.ts";

/** The folder of the guests. */
export const GUESTS = fromFileUrl(new URL(".", import.meta.url));

/** Guests that only tests run. */
export const TEST_GUESTS = [
  "../tests/soft/steps/runner.s",
  "../tests/soft/fuzz/driver.s",
  "../tests/machine/guests/print.s",
  "../tests/machine/guests/rubbish.s",
];

/** The guests' names, from the files in their folder that end in `extension`. */
export function guestNames(extension: ".s" | ".bin"): string[] {
  const files = [...Deno.readDirSync(GUESTS)].map((entry) => entry.name);
  return files.filter((name) => name.endsWith(extension))
    .map((name) => name.slice(0, -extension.length)).sort();
}

async function buildAll(): Promise<void> {
  const prefix = await ensureTool("as");
  const sources = [...guestNames(".s").map((name) => `${name}.s`), ...TEST_GUESTS];
  for (const source of sources) await buildFlat(join(GUESTS, source), prefix);
}

if (import.meta.main) {
  try {
    await buildAll();
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    console.error(`guests: ${error.message}`);
    Deno.exit(1);
  }
}
