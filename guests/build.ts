/** Builds the guests: from each .s the .bin beside it. `deno task guests` does that for all of them. */

import { fromFileUrl, join } from "@std/path";
import { BoxError } from "../tests/arm64/cache.ts";
import { run } from "../tests/arm64/packages.ts";
import { ensureTool } from "../tools/toolchain.ts";

/** The folder of the guests. */
export const GUESTS = fromFileUrl(new URL(".", import.meta.url));

/** Where guests are loaded and entered: the start of the tiny machine's RAM. */
const BASE = "0x10000";

/** A .bin is data, even though objcopy takes it for a program. */
const MODE = 0o644;

/** The guests' names, from the files in their folder that end in `extension`. */
export function guestNames(extension: ".s" | ".bin"): string[] {
  const files = [...Deno.readDirSync(GUESTS)].map((entry) => entry.name);
  return files.filter((name) => name.endsWith(extension))
    .map((name) => name.slice(0, -extension.length)).sort();
}

/**
 * Assembles one guest.
 *
 * @param prefix What the names of the GNU tools start with.
 * @returns Its machine code, a flat binary.
 * @throws {BoxError} if the assembler refuses the source.
 */
export async function buildGuest(name: string, prefix: string): Promise<Uint8Array> {
  const folder = await Deno.makeTempDir({ prefix: "orchid-guest-" });
  const [object, elf, binary] = ["o", "elf", "bin"].map((end) => join(folder, `${name}.${end}`));
  try {
    await run([`${prefix}as`, "-I", GUESTS, "-o", object!, join(GUESTS, `${name}.s`)]);
    await run([`${prefix}ld`, `-Ttext=${BASE}`, "-e", BASE, "-o", elf!, object!]);
    await run([`${prefix}objcopy`, "-O", "binary", elf!, binary!]);
    return await Deno.readFile(binary!);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Builds all guests, and says of each how long it is. */
async function buildAll(): Promise<void> {
  const prefix = await ensureTool("as");
  for (const name of guestNames(".s")) {
    const bytes = await buildGuest(name, prefix);
    await Deno.writeFile(join(GUESTS, `${name}.bin`), bytes, { mode: MODE });
    console.log(`guests/${name}.bin: ${bytes.length} bytes`);
  }
}

if (import.meta.main) {
  try {
    await buildAll();
  } catch (error) {
    if (!(error instanceof BoxError)) throw error;
    console.error(`guests: ${error.message}`);
    Deno.exit(1);
  }
}
