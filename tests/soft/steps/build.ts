/** Builds runner.bin from runner.s: `deno run -A tests/soft/steps/build.ts`. */

import { fromFileUrl, join } from "@std/path";
import { ensureTool } from "../../../tools/toolchain.ts";
import { run } from "../../arm64/packages.ts";

const FOLDER = fromFileUrl(new URL(".", import.meta.url));

/** Assembles the runner. @param prefix What the names of the GNU tools start with. */
export async function buildRunner(prefix: string): Promise<Uint8Array> {
  const folder = await Deno.makeTempDir({ prefix: "orchid-runner-" });
  const [object, binary] = ["o", "bin"].map((end) => join(folder, `runner.${end}`));
  try {
    await run([`${prefix}as`, "-o", object!, join(FOLDER, "runner.s")]);
    await run([`${prefix}objcopy`, "-O", "binary", "-j", ".text", object!, binary!]);
    return await Deno.readFile(binary!);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const bytes = await buildRunner(await ensureTool("as"));
  await Deno.writeFile(join(FOLDER, "runner.bin"), bytes, { mode: 0o644 });
  console.log(`runner.bin: ${bytes.length} bytes`);
}
