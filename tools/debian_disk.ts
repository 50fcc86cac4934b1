/**
 * `deno task debian-disk -- FILE [SIZE]`: makes a disk with a Debian for arm64, for Orchid to boot.
 *
 * It takes no root: see tools/debian/system.ts.
 *
 * @module
 */

import { resolve } from "@std/path";
import { ExitCode } from "../command/report.ts";
import { parseSize } from "../command/size.ts";
import { UsageError } from "../command/usage.ts";
import { taskArguments } from "../tests/arm64/main.ts";
import { cacheFolder, exists, progress } from "./cache.ts";
import { debianSystem, PASSWORD } from "./debian/system.ts";
import { ensureDebianPackages } from "./debian/packages.ts";
import { run, ToolError } from "./run.ts";

/** The size of the disk; what is not in use takes no room. */
const SIZE = "2G";

/**
 * Unpacks $1 into $2, and makes it the file system of the disk $3, with $4 blocks of 1 KiB.
 *
 * Left out are the backups of password files: some have no permissions at all, which only root gets past.
 */
const MAKE = `set -e
tar -xpf "$1" -C "$2" --numeric-owner --exclude='./etc/*-'
PATH=$PATH:/usr/sbin:/sbin
mke2fs -q -t ext4 -L debian -d "$2" "$3" "$4k"
`;

/**
 * Writes a disk with a Debian.
 *
 * @throws {ToolError} if there is such a file, or it cannot be made.
 */
export async function writeDebianDisk(path: string, size: number): Promise<void> {
  // What somebody has done with a disk is not written over.
  if (exists(path)) {
    throw new ToolError(`${path} is there already; remove it, or name another file`);
  }
  const isRoot = Deno.uid() === 0;
  await ensureDebianPackages({ mke2fs: "e2fsprogs", ...(!isRoot && { fakeroot: "fakeroot" }) });
  const system = await debianSystem();
  const folder = await Deno.makeTempDir({ dir: cacheFolder(), prefix: "debian-disk-" });
  const partial = `${path}.partial`;
  try {
    // All files are to be their owners'.
    const shell = [...isRoot ? [] : ["fakeroot", "--"], "sh", "-c", MAKE, "sh"];
    const failure = `cannot make ${path} of ${size} bytes`;
    await run([...shell, system, folder, partial, String(Math.floor(size / 1024))], { failure });
    await Deno.rename(partial, path);
  } finally {
    await Deno.remove(folder, { recursive: true });
    if (exists(partial)) await Deno.remove(partial);
  }
}

async function main([file = "", size = SIZE, ...more]: string[]): Promise<number> {
  try {
    if (file === "" || more.length > 0 || file.startsWith("-")) {
      throw new UsageError(`usage: deno task debian-disk -- FILE [SIZE]   (SIZE is ${SIZE})`);
    }
    // `deno task` has gone from the user's folder to the project's.
    const path = resolve(Deno.env.get("INIT_CWD") ?? ".", file);
    await writeDebianDisk(path, parseSize("SIZE", size));
    progress(`${file} is made; log in as root, with the password ${PASSWORD}. To boot it:`);
    progress(`deno task linux -- --disk ${file} --append "console=ttyAMA0 root=/dev/vda rw"`);
    return ExitCode.ok;
  } catch (error) {
    if (!(error instanceof ToolError || error instanceof UsageError)) throw error;
    console.error(`debian-disk: ${error.message}`);
    return error instanceof UsageError ? ExitCode.usage : ExitCode.failure;
  }
}

if (import.meta.main) Deno.exit(await main(taskArguments()));
