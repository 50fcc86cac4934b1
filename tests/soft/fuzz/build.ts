/** Builds driver.bin from driver.s: `deno run --allow-all tests/soft/fuzz/build.ts`. */

import { fromFileUrl, join } from "@std/path";
import { ensureTool } from "../../../tools/toolchain.ts";
import { run } from "../../arm64/packages.ts";
import { DRIVER } from "./layout.ts";

const FOLDER = fromFileUrl(new URL(".", import.meta.url));

/** Assembles the driver. @param prefix What the names of the GNU tools start with. */
export async function buildDriver(prefix: string): Promise<Uint8Array> {
  const folder = await Deno.makeTempDir({ prefix: "orchid-driver-" });
  const [object, elf, binary] = ["o", "elf", "bin"].map((end) => join(folder, `driver.${end}`));
  const base = `0x${DRIVER.toString(16)}`;
  try {
    await run([`${prefix}as`, "-o", object!, join(FOLDER, "driver.s")]);
    await run([`${prefix}ld`, `-Ttext=${base}`, "-e", base, "-o", elf!, object!]);
    await run([`${prefix}objcopy`, "-O", "binary", elf!, binary!]);
    return await Deno.readFile(binary!);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) {
  const bytes = await buildDriver(await ensureTool("as"));
  await Deno.writeFile(join(FOLDER, "driver.bin"), bytes, { mode: 0o644 });
  console.log(`driver.bin: ${bytes.length} bytes`);
}
