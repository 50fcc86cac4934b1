/** Finds the GNU tools that build for arm64: Debian's cross tools, or an arm64 host's own. */

import { ensureDebianPackages } from "./debian/packages.ts";
import { run } from "./run.ts";

/** What the names of Debian's cross tools start with; Debian on arm64 has the same names. */
const CROSS = "aarch64-linux-gnu-";

/** Debian's packages for each tool, by a file beside the tool that each of them brings. */
const packages = {
  as: { [`${CROSS}as`]: "binutils-aarch64-linux-gnu" },
  gcc: {
    [`${CROSS}gcc`]: "gcc-aarch64-linux-gnu",
    // The C library has no program of its own to be found by.
    "../aarch64-linux-gnu/lib/libc.a": "libc6-dev-arm64-cross",
  },
};

/**
 * What to put before the name of a tool to get the one for arm64.
 *
 * @returns Undefined if this host has none.
 */
export async function toolPrefix(tool: keyof typeof packages): Promise<string | undefined> {
  for (const prefix of Deno.build.arch === "aarch64" ? [CROSS, ""] : [CROSS]) {
    const found = await run([`${prefix}${tool}`, "--version"]).then(() => true, () => false);
    if (found) return prefix;
  }
}

/** As {@linkcode toolPrefix}, after installing what is missing on Debian. */
export async function ensureTool(tool: keyof typeof packages): Promise<string> {
  const native = Deno.build.arch === "aarch64" ? await toolPrefix(tool) : undefined;
  if (native !== undefined) return native;
  await ensureDebianPackages(packages[tool]);
  return CROSS;
}
