/** Puts an initial RAM disk together. */

import { CpioWriter } from "../tools/cpio.ts";

/** Writes an initrd that has the files of all archives, the later ones over the earlier, and these texts. */
export function writeInitrd(
  path: string,
  archives: readonly string[],
  texts: Record<string, string> = {},
): void {
  for (const [i, archive] of archives.entries()) {
    Deno.writeFileSync(path, Deno.readFileSync(archive), { append: i > 0 });
  }
  const archive = new CpioWriter(path);
  for (const [name, text] of Object.entries(texts)) archive.file(name, text);
  archive.close();
}
