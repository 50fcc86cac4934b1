/**
 * Gets Debian's arm64 kernel and what a small user space needs, for the box and for guests alike.
 *
 * @module
 */

import { join } from "@std/path";
import { ToolError } from "../run.ts";
import { arm64Packages } from "./packages.ts";

/** The statically linked busybox, and what Deno needs: the same for all, so that it is fetched once. */
const PACKAGES = ["linux-image-arm64", "busybox-static", "libc6", "libgcc-s1"];

/** An unpacked Debian kernel. */
export interface DebianLinux {
  /** The root folder, which has busybox and libraries as well. */
  system: string;
  /** The path of the kernel: an arm64 Image. */
  kernel: string;
  /** What `uname -r` says in it. */
  release: string;
}

/** Debian's current kernel, from the cache if it is there. */
export async function debianLinux(): Promise<DebianLinux> {
  const system = await arm64Packages(PACKAGES);
  const boot = join(system, "boot");
  for (const { name } of Deno.readDirSync(boot)) {
    const release = /^vmlinuz-(.*)/.exec(name)?.[1];
    if (release) return { system, kernel: join(boot, name), release };
  }
  throw new ToolError(`Debian's linux-image-arm64 has left no kernel in ${boot}`);
}
