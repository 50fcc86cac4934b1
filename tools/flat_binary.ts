/** Assembles flat binaries: machine code, as memory has it. */

import { basename, dirname, join } from "@std/path";
import { run } from "./run.ts";

/** Where flat binaries are loaded and entered unless they say otherwise: the start of the tiny machine's RAM. */
const BASE = "0x10000";

/** A .bin is data, even though objcopy takes it for a program. */
const MODE = 0o644;

/**
 * Assembles a source.
 *
 * @param source The path of a .s file, which includes files of its folder.
 * @param prefix What the names of the GNU tools start with.
 * @throws {ToolError} if the assembler refuses the source.
 */
export async function assembleFlat(source: string, prefix: string): Promise<Uint8Array> {
  const folder = await Deno.makeTempDir({ prefix: "orchid-assemble-" });
  const [object, elf, binary] = ["o", "elf", "bin"].map((end) => join(folder, `flat.${end}`));
  try {
    await run([`${prefix}as`, "-I", dirname(source), "-o", object!, source]);
    await run([`${prefix}ld`, `-Ttext=${BASE}`, "-e", BASE, "-o", elf!, object!]);
    await run([`${prefix}objcopy`, "-O", "binary", elf!, binary!]);
    return await Deno.readFile(binary!);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Puts the flat binary beside its source, and says how long it is. */
export async function buildFlat(source: string, prefix: string): Promise<void> {
  const bytes = await assembleFlat(source, prefix);
  const target = source.replace(/\.s$/, ".bin");
  await Deno.writeFile(target, bytes, { mode: MODE });
  console.log(`${basename(target)}: ${bytes.length} bytes`);
}
