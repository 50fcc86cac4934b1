/**
 * Brings programs of Debian's to guests: archives that go behind the small Linux guest's own.
 *
 * @module
 */

import { join } from "@std/path";
import { cached, keyOf } from "../../tools/cache.ts";
import { CpioWriter } from "../../tools/cpio.ts";
import { arm64Packages } from "../../tools/debian/packages.ts";
import { arm64Program } from "./programs.ts";

/** An archive with mke2fs and e2fsck. */
export async function e2fsprogsArchive(): Promise<string> {
  const settings = "etc/mke2fs.conf";
  const folder = await arm64Packages(["e2fsprogs"], { dependencies: true });
  return await programArchive("e2fsprogs", ["usr/sbin/mke2fs", "usr/sbin/e2fsck"], {
    [`/${settings}`]: join(folder, settings),
  });
}

/** An archive with fio: 85 MB, most of it libraries for storage that no guest here has. */
export async function fioArchive(): Promise<string> {
  return await programArchive("fio", ["usr/bin/fio"]);
}

/** Programs of a package with all libraries they need, and more files, as an archive in the cache. */
async function programArchive(
  name: string,
  paths: string[],
  files: Record<string, string> = {},
): Promise<string> {
  const all = { ...files };
  for (const path of paths) {
    Object.assign(all, await arm64Program(path, [name], { complete: true }));
  }
  const folder = await cached(`guest-${name}-${await keyOf(JSON.stringify(all))}`, (folder) => {
    // What is a link in the guest must not become a folder.
    const archive = new CpioWriter(join(folder, `${name}.cpio`), ["lib"]);
    for (const [path, source] of Object.entries(all)) archive.copy(path.slice(1), source);
    archive.close();
    return Promise.resolve();
  });
  return join(folder, `${name}.cpio`);
}
