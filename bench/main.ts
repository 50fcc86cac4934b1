/**
 * `deno task bench:arm64`: measures Orchid on arm64 KVM, in the ARM box if need be: its exits
 * against the smallest C program that does the same, and Linux and its disk in it against QEMU.
 *
 * `-- exits` takes the first part only, `-- linux` the second, `-- linux 1`, `2` or `mailbox` a part
 * of that, and `-- disk` the third; `--rounds N` behind the last two measures more or less often than
 * they would.
 *
 * @module
 */

import { join } from "@std/path";
import { type BoxOptions, PROJECT, runInBox } from "../tests/arm64/box.ts";
import { runOnArm64, taskArguments } from "../tests/arm64/main.ts";
import { arm64Qemu } from "../tests/arm64/programs.ts";
import { hasKvm } from "../tests/test_case.ts";
import { ensureDebianPackages } from "../tools/debian/packages.ts";
import { bundle } from "../tools/bundle.ts";
import { type LinuxImage, linuxImage } from "../tools/linux_image.ts";
import { run, ToolError } from "../tools/run.ts";
import { ensureTool } from "../tools/toolchain.ts";
import { FILES, QEMU } from "./boots.ts";
import { addFio, DiskFile } from "./disk_files.ts";

/** The benchmark's folder in the box. */
const PROGRAMS = "/bench-programs";
/** What a drive of the box is called in there. */
const DRIVE = "/dev/vda";

/** Compiles the C programs into `folder`. */
async function buildPrograms(folder: string): Promise<void> {
  const gcc = `${await ensureTool("gcc")}gcc`;
  for (const name of ["hello", "launch"]) {
    const source = join(PROJECT, "bench", `${name}.c`);
    await run([gcc, "-O2", "-static", "-Wall", "-o", join(folder, name), source]);
  }
}

/** Puts into `folder` what is booted, and Orchid as one file. */
async function prepareLinux(folder: string, { kernel, initrd }: LinuxImage): Promise<void> {
  await Deno.copyFile(kernel, join(folder, FILES.kernel));
  await Deno.copyFile(initrd, join(folder, FILES.initrd));
  await bundle(join(folder, FILES.orchid));
}

/** Runs a script of measurements where there is arm64 KVM, in a box that has more if need be; returns its exit code. */
async function measure(
  script: string,
  programs: string,
  args: string[] = [],
  box: Partial<BoxOptions> = {},
): Promise<number> {
  const command = (programs: string) => [
    ...["deno", "run", "--allow-all", "--no-check", `bench/${script}`, programs, ...args],
  ];
  if (hasKvm) return await runOnArm64(command(programs));
  const files = { [PROGRAMS]: programs, ...box.files };
  return (await runInBox({ ...box, command: command(PROGRAMS), files, smp: 2 })).code;
}

async function measureLinux(folder: string, args: string[]): Promise<number> {
  await prepareLinux(folder, await linuxImage());
  if (!hasKvm) return await measure("linux.ts", folder, args, { files: await arm64Qemu() });
  await ensureDebianPackages({ [QEMU]: "qemu-system-arm" });
  return await measure("linux.ts", folder, args);
}

async function measureDisk(programs: string, args: string[]): Promise<number> {
  const folder = await Deno.makeTempDir({ dir: programs });
  await prepareLinux(folder, await linuxImage({ atHand: ["virtio_pci"] }));
  await addFio(join(folder, FILES.initrd));
  if (hasKvm) await ensureDebianPackages({ [QEMU]: "qemu-system-arm" });
  const files = hasKvm ? {} : await arm64Qemu();
  using disk = await DiskFile.create();
  if (hasKvm) return await measure("disk.ts", folder, [disk.path, ...args]);
  // A sync in the box need not reach the host's disk: what that takes is the host's affair.
  const drive = `file=${disk.path},format=raw,if=virtio,cache=unsafe`;
  const box = { files, modules: ["virtio_blk"], qemuArgs: ["-drive", drive] };
  return await measure("disk.ts", folder, [DRIVE, ...args], box);
}

/** The benchmark's parts, by their names. */
const parts: Record<string, (folder: string, args: string[]) => Promise<number>> = {
  exits: (folder) => measure("measure.ts", folder),
  linux: measureLinux,
  disk: measureDisk,
};

/** Runs one part, or all; returns the exit code of the first that fails. */
async function bench(folder: string, [name, ...args]: string[]): Promise<number> {
  await buildPrograms(folder);
  for (const part of name === undefined ? Object.keys(parts) : [name]) {
    const measurePart = parts[part];
    if (measurePart === undefined) {
      throw new ToolError(`no part is called ${part}: there are ${Object.keys(parts).join(", ")}`);
    }
    const code = await measurePart(folder, args);
    if (code !== 0) return code;
  }
  return 0;
}

const programs = await Deno.makeTempDir({ prefix: "orchid-bench-" });
let code = 1;
try {
  code = await bench(programs, taskArguments());
} catch (error) {
  if (!(error instanceof ToolError)) throw error;
  console.error(`bench: ${error.message}`);
} finally {
  await Deno.remove(programs, { recursive: true });
}
Deno.exit(code);
