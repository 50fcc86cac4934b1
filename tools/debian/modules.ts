/**
 * Finds kernel modules, with all they depend on, among the files of a Debian kernel.
 *
 * @module
 */

import { join } from "@std/path";
import type { CpioWriter } from "../cpio.ts";
import { outputOf } from "../run.ts";

/** Where Debian keeps the modules of each kernel release. */
const FOLDER = "usr/lib/modules";

/** A module that can be loaded after those it depends on. */
export interface KernelModule {
  /** Its file, below the folder of its kernel release. */
  path: string;
  /** The paths of the modules to be loaded before this one, the last of them first. */
  needs: string[];
  contents: Uint8Array;
}

/** Adds modules, all they depend on, and the list `modprobe` goes by. */
export async function addModules(
  archive: CpioWriter,
  system: string,
  release: string,
  names: string[],
): Promise<void> {
  const modules = await findModules(join(system, FOLDER, release), names);
  const list = modules.map(({ path, needs }) => `${path}: ${needs.join(" ")}\n`);
  for (const { path, contents } of modules) archive.file(join(FOLDER, release, path), contents);
  archive.file(join(FOLDER, release, "modules.dep"), list.join(""));
}

/**
 * The modules called `names` and all they depend on, each one after what it needs.
 *
 * What has no file is built into the kernel, and left out.
 *
 * @param folder That of a kernel release.
 */
export async function findModules(folder: string, names: string[]): Promise<KernelModule[]> {
  const files = new Map([...filesBelow(folder)].map((path) => [moduleName(path), path]));
  const found = new Map<string, KernelModule>();
  const find = async (name: string): Promise<KernelModule | undefined> => {
    const file = files.get(name);
    const before = found.get(name);
    if (file === undefined || before !== undefined) return before;
    const contents = await readModule(join(folder, file));
    const needs: string[] = [];
    for (const below of namesIn(contents)) {
      const module = await find(moduleName(below));
      if (module) needs.push(module.path, ...module.needs);
    }
    const module = { path: file.replace(/\.xz$/, ""), needs: unique(needs), contents };
    found.set(name, module);
    return module;
  };
  for (const name of names) await find(moduleName(name));
  return [...found.values()];
}

/** The names that a module says it depends on. */
function namesIn(contents: Uint8Array): string[] {
  const text = new TextDecoder("latin1").decode(contents);
  return (/\0depends=([^\0]*)/.exec(text)?.[1] ?? "").split(",").filter(Boolean);
}

/** Keeps the last of equal ones: what several modules need has to come before all of them. */
function unique(paths: string[]): string[] {
  return [...new Set(paths.toReversed())].toReversed();
}

/** The name the kernel knows a module file by. */
function moduleName(path: string): string {
  return path.replace(/.*\//, "").replace(/\.ko.*/, "").replaceAll("-", "_");
}

/** Later Debian kernels come with compressed modules. */
async function readModule(path: string): Promise<Uint8Array> {
  if (!path.endsWith(".xz")) return await Deno.readFile(path);
  return await outputOf(["xz", "-dc", path]);
}

/** The paths of the module files in `folder` and below, relative to it. */
function* filesBelow(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(folder)) {
    if (/\.ko(\.xz)?$/.test(entry.name)) yield entry.name;
    if (!entry.isDirectory) continue;
    for (const path of filesBelow(join(folder, entry.name))) yield join(entry.name, path);
  }
}
