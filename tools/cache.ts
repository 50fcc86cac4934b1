/**
 * Keeps downloads and built archives outside the project tree, whole or not at all.
 *
 * @module
 */

import { join } from "@std/path";
import { ToolError } from "./run.ts";

/** The folder for everything that can be fetched or built again. */
export function cacheFolder(): string {
  const base = Deno.env.get("XDG_CACHE_HOME");
  if (base) return join(base, "orchid");
  const home = Deno.env.get("HOME");
  if (!home) throw new ToolError("no folder for downloads: set HOME or XDG_CACHE_HOME");
  return join(home, ".cache", "orchid");
}

/**
 * The cached folder `name`, filled by `fill` the first time.
 *
 * It gets its name only once it is complete, so an interrupted download is never taken for a whole
 * one; the lock, which ends with its holder, lets a second run wait for the first one's work.
 */
export async function cached(
  name: string,
  fill: (folder: string) => Promise<void>,
): Promise<string> {
  const parent = cacheFolder();
  const folder = join(parent, name);
  if (exists(folder)) return folder;
  await Deno.mkdir(parent, { recursive: true });
  using lock = await Deno.open(`${folder}.lock`, { create: true, write: true });
  await lock.lock(true);
  if (exists(folder)) return folder;
  const prefix = `${name}.partial-`;
  for (const entry of Deno.readDirSync(parent)) {
    // What an interrupted run has left. Its tools may still be at work there: then the next time.
    if (entry.name.startsWith(prefix)) {
      await Deno.remove(join(parent, entry.name), { recursive: true }).catch(() => {});
    }
  }
  const partial = await Deno.makeTempDir({ dir: parent, prefix });
  try {
    await fill(partial);
  } catch (error) {
    await Deno.remove(partial, { recursive: true });
    throw error;
  }
  await Deno.chmod(partial, 0o755);
  await Deno.rename(partial, folder);
  return folder;
}

/** Whether there is anything at `path`. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A short name that changes with any of the `parts`: a cache key. */
export async function keyOf(...parts: string[]): Promise<string> {
  const bytes = new TextEncoder().encode(parts.join("\0"));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex().slice(0, 12);
}

/** Says on stderr what a first run is waiting for. */
export function progress(text: string): void {
  console.error(text);
}
