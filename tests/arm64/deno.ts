/**
 * Gets what comes from the npm registry into the box: Deno for arm64 and the project's npm modules.
 *
 * @module
 */

import { join } from "@std/path";
import { cached, exists, keyOf, progress } from "../../tools/cache.ts";
import { run } from "../../tools/run.ts";

/** The last Deno whose arm64 build is on the npm registry; the project runs on the same one. */
const DENO = "@deno/linux-arm64-glibc@2.9.5";

/** The arm64 `deno` binary. It comes from the npm registry, through Deno's own npm client. */
export async function arm64Deno(): Promise<string> {
  const folder = await cached(DENO.replaceAll(/[^\w.]+/g, "-").slice(1), async (folder) => {
    progress(`fetching ${DENO} ...`);
    await run([Deno.execPath(), "cache", `npm:${DENO}`], {
      cwd: folder,
      env: { DENO_DIR: join(folder, "deno-dir") },
    });
    const found = await run(["find", folder, "-name", "deno", "-type", "f"]);
    await Deno.rename(found.trim(), join(folder, "deno"));
    await Deno.remove(join(folder, "deno-dir"), { recursive: true });
  });
  return join(folder, "deno");
}

/** A DENO_DIR that holds the npm modules named in the deno.json of `project`. */
export async function npmModules(project: string): Promise<string> {
  const settings = "deno.json";
  const contents = Deno.readTextFileSync(join(project, settings));
  const key = await keyOf(contents, npmRegistry() ?? "");
  return await cached(`npm-modules-${key}`, async (folder) => {
    progress("fetching the project's npm modules ...");
    // In a folder without a lock file: with one, Deno does not fetch the registry's page about a
    // package, and asks for it when it runs, which the box cannot answer.
    const copy = await Deno.makeTempDir();
    try {
      await Deno.copyFile(join(project, settings), join(copy, settings));
      await run([Deno.execPath(), "install"], { cwd: copy, env: { DENO_DIR: folder } });
    } finally {
      await Deno.remove(copy, { recursive: true });
    }
  });
}

/**
 * The npm registry of this host, if it is not the usual one.
 *
 * Deno files modules under their registry's name: it finds those in the box only if it goes by the
 * same registry there.
 */
export function npmRegistry(): string | undefined {
  const variable = Deno.env.get("NPM_CONFIG_REGISTRY");
  if (variable) return variable;
  const settings = join(Deno.env.get("HOME") ?? "", ".npmrc");
  if (!exists(settings)) return undefined;
  return /^\s*registry\s*=\s*"?([^\s"]+)/m.exec(Deno.readTextFileSync(settings))?.[1];
}
