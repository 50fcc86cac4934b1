/**
 * Builds the file system that the box boots into: Debian's busybox and C library, Deno, the
 * project, and the command to run.
 *
 * It is a row of cpio archives, which the kernel unpacks one over the other: a large one that is
 * built once, and a small one for each run.
 *
 * @module
 */

import { join } from "@std/path";
import { cached, exists, keyOf } from "../../tools/cache.ts";
import { CpioWriter } from "../../tools/cpio.ts";
import { type DebianLinux, debianLinux } from "../../tools/debian/linux.ts";
import { addModules } from "../../tools/debian/modules.ts";
import { MERGED } from "../../tools/debian/packages.ts";
import { run } from "../../tools/run.ts";
import { arm64Deno, npmModules } from "./deno.ts";

/** Loaded at each start: the ports to the host. */
const LOADED = ["virtio_pci", "virtio_console"];
/** At hand for `modprobe`, with all they depend on. */
const AT_HAND = ["virtio_blk", "virtio_net", "virtio_rng", "ext4", "tun", "tap"]
  .concat(["vhost_net", "vhost_vsock"]);

/** What changes from run to run. */
export interface Contents {
  /** The program and its arguments. */
  command: string[];
  /** Environment variables for it. */
  env: Record<string, string>;
  /** The folder of the project, which becomes /orchid. */
  project: string;
  /** Files and folders of the host to add: `{ path in the box: path on the host }`. */
  files: Record<string, string>;
  /** Kernel modules to load. */
  modules: string[];
  /** What the box writes after the last byte of an output. */
  endMark: Uint8Array;
  /** Whether the command gets a terminal. */
  terminal: boolean;
}

/** Writes the archives for one run to `target`; returns the path of the kernel. */
export async function buildInitramfs(target: string, contents: Contents): Promise<string> {
  const linux = await debianLinux();
  await Deno.copyFile(await baseArchive(linux), target);
  const present = ["usr", ...MERGED, ...MERGED.map((name) => `usr/${name}`)];
  const archive = new CpioWriter(target, present);
  archive.copy("deno-dir", await npmModules(contents.project));
  for (const file of await projectFiles(contents.project)) {
    const source = join(contents.project, file);
    // What git tracks may have been deleted.
    if (exists(source)) archive.copy(join("orchid", file), source);
  }
  for (const [path, source] of Object.entries(contents.files)) {
    archive.copy(path.replace(/^\/+/, ""), source);
  }
  archive.file("init", Deno.readFileSync(new URL("init.sh", import.meta.url)), 0o755);
  archive.file("box/modules", [...LOADED, ...contents.modules].join(" "));
  archive.file("box/command.sh", commandScript(contents));
  archive.file("box/end", contents.endMark);
  if (contents.terminal) archive.file("box/terminal", "");
  archive.close();
  return linux.kernel;
}

/** The archive of all that is the same for every run. */
async function baseArchive({ system, release }: DebianLinux): Promise<string> {
  const deno = await arm64Deno();
  const key = await keyOf(system, deno, ...LOADED, ...AT_HAND);
  const folder = await cached(`base-${key}`, async (folder) => {
    const archive = new CpioWriter(join(folder, "base.cpio"));
    for (const name of ["dev", "proc", "sys", "run", "tmp", "root"]) archive.folder(name);
    for (const name of MERGED) {
      archive.folder(`usr/${name}`);
      archive.link(name, `usr/${name}`);
    }
    for (const path of ["bin/busybox", "lib/ld-linux-aarch64.so.1", "lib/aarch64-linux-gnu"]) {
      archive.copy(join("usr", path), join(system, "usr", path));
    }
    archive.file("usr/local/bin/deno", await Deno.readFile(deno), 0o755);
    archive.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
    archive.file("etc/group", "root:x:0:\n");
    archive.file("etc/hosts", "127.0.0.1 localhost\n");
    await addModules(archive, system, release, [...LOADED, ...AT_HAND]);
    archive.close();
  });
  return join(folder, "base.cpio");
}

/** The command as a script: the shell's own quoting carries any argument. */
function commandScript({ command, env }: Contents): string {
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${quote(value)}\n`);
  return `${exports.join("")}exec ${command.map(quote).join(" ")}\n`;
}

/** What belongs to the project: all that git tracks or would add, or, without git, every file. */
async function projectFiles(project: string): Promise<string[]> {
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const files = await run(["git", "-C", project, ...list]).catch(() => "");
  // A copy of the project inside some other checkout is nothing that git can list.
  if (files.split("\0").includes("deno.json")) return files.split("\0").filter(Boolean);
  const names = [...Deno.readDirSync(project)].map((entry) => entry.name);
  return names.filter((name) => ![".git", "node_modules", "build"].includes(name));
}
