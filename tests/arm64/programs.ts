/**
 * Brings programs of Debian's into the box: an emulator to compare with, say.
 *
 * @module
 */

import { basename, join } from "@std/path";
import { debianLinux } from "../../tools/debian/linux.ts";
import { arm64Packages, ensureDebianPackages } from "../../tools/debian/packages.ts";
import { run, ToolError } from "../../tools/run.ts";

/** Where the loader looks for libraries without being told. */
const LIBRARIES = "usr/lib/aarch64-linux-gnu";
/** Where Debian has libraries. */
const FOLDERS = ["usr/lib", LIBRARIES];
/** The loader itself, which every program names by its path in /lib. */
const LOADER = "ld-linux-aarch64.so.1";

/**
 * Debian's `qemu-system-aarch64`, as `files` for the box.
 *
 * Every archive is copied at each start, so there is nothing but the program and its libraries:
 * run it with `-nic none`, because a network card wants a boot ROM.
 */
export async function arm64Qemu(): Promise<Record<string, string>> {
  return await arm64Program("usr/bin/qemu-system-aarch64", ["qemu-system-arm"]);
}

/**
 * A program of Debian's arm64 `packages` and the libraries it is linked with, as `files` for the box.
 *
 * @param options.complete Whether those are among them that the box has anyway: for a guest that
 * has no libraries.
 */
export async function arm64Program(
  path: string,
  packages: string[],
  options: { complete?: boolean } = {},
): Promise<Record<string, string>> {
  await ensureDebianPackages({ readelf: "binutils" });
  const folder = await arm64Packages(packages, { dependencies: true });
  const { system } = await debianLinux();
  const inBox = librariesIn(system, FOLDERS);
  const fetched = librariesIn(folder, FOLDERS);
  const files: Record<string, string> = { [`/${path}`]: join(folder, path) };
  const queue = [join(folder, path)];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    const { needed, runPaths } = await linkedWith(file);
    const beside = librariesIn(folder, runPaths);
    for (const name of needed) {
      // Two versions of the C library must not be mixed.
      const library = inBox.get(name) ?? fetched.get(name) ?? beside.get(name);
      if (library === undefined) {
        throw new ToolError(`${basename(path)}: ${name} is not in Debian's ${packages}`);
      }
      const target = `/${name === LOADER ? "usr/lib" : LIBRARIES}/${name}`;
      if (files[target] !== undefined || inBox.has(name) && !options.complete) continue;
      files[target] = library;
      queue.push(library);
    }
  }
  return files;
}

/** The libraries in folders of an unpacked system by their names; links are followed. */
function librariesIn(system: string, folders: string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of folders) {
    for (const { name } of Deno.readDirSync(join(system, folder))) {
      if (/\.so(\.|$)/.test(name)) found.set(name, Deno.realPathSync(join(system, folder, name)));
    }
  }
  return found;
}

/** The names of the libraries that a program or library is linked with, and folders of its own where it looks for them. */
async function linkedWith(file: string): Promise<{ needed: string[]; runPaths: string[] }> {
  const text = await run(["readelf", "--dynamic", "--wide", file]);
  const values = (tag: string) =>
    [...text.matchAll(new RegExp(`\\(${tag}\\).*\\[(.*)\\]`, "g"))].map((match) => match[1]!);
  return {
    needed: values("NEEDED"),
    runPaths: values("RUNPATH").flatMap((path) => path.split(":")),
  };
}
