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

/**
 * Debian's `qemu-system-aarch64`, as `files` for the box.
 *
 * Every archive is copied at each start, so there is nothing but the program and its libraries:
 * run it with `-nic none`, because a network card wants a boot ROM.
 */
export async function arm64Qemu(): Promise<Record<string, string>> {
  return await arm64Program("usr/bin/qemu-system-aarch64", ["qemu-system-arm"]);
}

/** A program of Debian's arm64 `packages` and the libraries it is linked with, as `files` for the box. */
export async function arm64Program(
  path: string,
  packages: string[],
): Promise<Record<string, string>> {
  await ensureDebianPackages({ readelf: "binutils" });
  const folder = await arm64Packages(packages, { dependencies: true });
  const { system } = await debianLinux();
  const inBox = librariesIn(system);
  const fetched = librariesIn(folder);
  const files: Record<string, string> = { [`/${path}`]: join(folder, path) };
  const queue = [join(folder, path)];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    for (const name of await librariesNeededBy(file)) {
      const target = `/${LIBRARIES}/${name}`;
      // Two versions of the C library must not be mixed.
      if (inBox.has(name) || files[target] !== undefined) continue;
      const library = fetched.get(name);
      if (library === undefined) {
        throw new ToolError(`${basename(path)}: ${name} is not in Debian's ${packages}`);
      }
      files[target] = library;
      queue.push(library);
    }
  }
  return files;
}

/** The libraries of an unpacked system by their names; links are followed. */
function librariesIn(system: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of ["usr/lib", LIBRARIES]) {
    for (const { name } of Deno.readDirSync(join(system, folder))) {
      if (/\.so(\.|$)/.test(name)) found.set(name, Deno.realPathSync(join(system, folder, name)));
    }
  }
  return found;
}

/** The names of the libraries that a program or library is linked with. */
async function librariesNeededBy(file: string): Promise<string[]> {
  const text = await run(["readelf", "--dynamic", "--wide", file]);
  return [...text.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map((match) => match[1]!);
}
