/**
 * Gets Debian's packages through apt: those for this host installed, those for arm64 unpacked.
 *
 * @module
 */

import { join } from "@std/path";
import { cached, exists, keyOf, progress } from "../cache.ts";
import { run, type RunOptions, ToolError } from "../run.ts";

/** Folders that Debian has moved into /usr and left as links; packages may still name the old ones. */
export const MERGED = ["bin", "sbin", "lib"];

/** `dpkg-deb -x` would put folders in the place of those links. */
const UNPACK = 'dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink -C "$2"';

/** Installs, on Debian, the packages whose binary is missing: `{ binary: package }`. */
export async function ensureDebianPackages(wanted: Record<string, string>): Promise<void> {
  const missing = Object.keys(wanted).filter((binary) => !onPath(binary));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((binary) => wanted[binary] ?? binary))];
  const hint = `install it yourself: apt-get install ${packages.join(" ")}`;
  const found = `this host has no ${missing.join(", ")}`;
  if (!onPath("apt-get")) {
    throw new ToolError(`${found}, and no apt-get to install it; on a Debian, ${hint}`);
  }
  const root = Deno.uid() === 0 ? [] : onPath("sudo") ? ["sudo"] : undefined;
  if (root === undefined) throw new ToolError(`${found}; as root, ${hint}`);
  progress(`installing Debian's ${packages.join(", ")} ...`);
  const apt = [...root, "apt-get", "-q", "-y", "-oDPkg::Lock::Timeout=600"];
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const failure = `cannot install ${packages.join(", ")} (${hint})`;
  await afterUpdate(apt, { env, failure }, async () => {
    await run([...apt, "install", "--no-install-recommends", ...packages], { env, failure });
  });
}

/** Does something after `apt-get update`; a broken source matters only if it is needed for that. */
async function afterUpdate(apt: string[], options: RunOptions, then: () => Promise<void>) {
  const broken = await run([...apt, "update"], options).then(() => undefined, (error) => error);
  try {
    await then();
  } catch (error) {
    throw broken ?? error;
  }
}

function onPath(binary: string): boolean {
  // The sbin folders are missing from the PATH of ordinary users on Debian.
  const folders = (Deno.env.get("PATH") ?? "").split(":").concat("/usr/sbin", "/sbin");
  return folders.some((folder) => {
    try {
      return folder !== "" && exists(join(folder, binary));
    } catch {
      // A folder that is not for this user, or no folder.
      return false;
    }
  });
}

/**
 * Debian's arm64 `packages`, unpacked together into one folder.
 *
 * `dependencies` brings in what they depend on as well. apt works on lists of its own in that
 * folder, so the host's package state stays as it is; signatures are verified as always.
 */
export async function arm64Packages(
  packages: string[],
  options: { dependencies?: boolean } = {},
): Promise<string> {
  const release = await debianRelease();
  const key = await keyOf(release, String(options.dependencies), UNPACK, ...packages);
  const failure =
    "cannot fetch Debian's arm64 packages (is this host a Debian with a working apt-get?)";
  return await cached(`debian-${release}-arm64-${key}`, async (folder) => {
    progress(`fetching Debian's arm64 ${packages.join(", ")} ...`);
    const apt = await privateApt(folder);
    const archives = join(folder, "apt", "cache", "archives");
    await afterUpdate(apt("apt-get"), { failure }, async () => {
      const names = await Promise.all(packages.map((name) => currentKernel(apt, name)));
      const verb = options.dependencies ? ["install", "--download-only"] : ["download"];
      await run([...apt("apt-get"), ...verb, ...names], { cwd: archives, failure });
    });
    for (const name of MERGED) {
      await Deno.mkdir(join(folder, "usr", name), { recursive: true });
      await Deno.symlink(join("usr", name), join(folder, name));
    }
    for (const { name } of Deno.readDirSync(archives)) {
      const file = join(archives, name);
      if (name.endsWith(".deb")) await run(["sh", "-c", UNPACK, "sh", file, folder]);
    }
    await Deno.remove(join(folder, "apt"), { recursive: true });
  });
}

/** The name of this host's Debian release. */
export async function debianRelease(): Promise<string> {
  const text = await Deno.readTextFile("/etc/os-release").catch(() => "");
  return /^VERSION_CODENAME=(.*)$/m.exec(text)?.[1] ?? "stable";
}

/** Sets up an apt for arm64 with all its state in `folder`/apt; returns the start of its commands. */
async function privateApt(folder: string): Promise<(tool: string) => string[]> {
  const state = join(folder, "apt");
  await Deno.mkdir(join(state, "lists", "partial"), { recursive: true });
  await Deno.mkdir(join(state, "cache", "archives", "partial"), { recursive: true });
  await Deno.writeTextFile(join(state, "status"), "");
  const settings = `
    APT::Architecture "arm64";
    #clear APT::Architectures;
    APT::Architectures { "arm64"; };
    APT::Install-Recommends "false";
    APT::Get::Assume-Yes "true";
    APT::Sandbox::User "root"; # Root's apt would drop to a user who cannot write here.
    Dir::State "${state}";
    Dir::State::Lists "${join(state, "lists")}";
    Dir::State::status "${join(state, "status")}";
    Dir::Cache "${join(state, "cache")}";
  `;
  const file = join(state, "apt.conf");
  await Deno.writeTextFile(file, settings);
  return (tool) => [tool, "-c", file];
}

/** linux-image-arm64 is an empty package that depends on the current kernel's; others stay as they are. */
async function currentKernel(apt: (tool: string) => string[], name: string): Promise<string> {
  if (name !== "linux-image-arm64") return name;
  const found = /Depends: (linux-image-\S+)/.exec(
    await run([...apt("apt-cache"), "depends", name]),
  );
  if (!found?.[1]) throw new ToolError("Debian's linux-image-arm64 names no kernel");
  return found[1];
}
