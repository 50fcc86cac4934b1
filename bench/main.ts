/**
 * `deno task bench:arm64`: measures Orchid on arm64 KVM, in the ARM box if need be: its exits
 * against the smallest C program that does the same, and Linux in it against QEMU.
 *
 * `-- exits` takes the first part only, `-- linux` the second, and `-- linux 1`, `2` or `mailbox`
 * a part of that; `--rounds N` behind it measures more or less often than it would.
 *
 * @module
 */

import { join } from "@std/path";
import { PROJECT, runInBox } from "../tests/arm64/box.ts";
import { runOnArm64, taskArguments } from "../tests/arm64/main.ts";
import { arm64Qemu } from "../tests/arm64/programs.ts";
import { hasKvm } from "../tests/test_case.ts";
import { ensureDebianPackages } from "../tools/debian/packages.ts";
import { linuxImage } from "../tools/linux_image.ts";
import { run, ToolError } from "../tools/run.ts";
import { ensureTool } from "../tools/toolchain.ts";
import { FILES, QEMU } from "./boots.ts";

/** The benchmark's folder in the box. */
const PROGRAMS = "/bench-programs";

/** Compiles the C programs into `folder`. */
async function buildPrograms(folder: string): Promise<void> {
  const gcc = `${await ensureTool("gcc")}gcc`;
  for (const name of ["hello", "launch"]) {
    const source = join(PROJECT, "bench", `${name}.c`);
    await run([gcc, "-O2", "-static", "-Wall", "-o", join(folder, name), source]);
  }
}

/** Puts into `folder` what is booted, and Orchid as one file. */
async function prepareLinux(folder: string): Promise<void> {
  const { kernel, initrd } = await linuxImage();
  await Deno.copyFile(kernel, join(folder, FILES.kernel));
  await Deno.copyFile(initrd, join(folder, FILES.initrd));
  const output = ["--output", join(folder, FILES.orchid)];
  await run([
    Deno.execPath(),
    "bundle",
    "--quiet",
    "--minify",
    ...output,
    join(PROJECT, "main.ts"),
  ]);
}

/** Runs a script of measurements where there is arm64 KVM, which also gets more files there; returns its exit code. */
async function measure(
  script: string,
  programs: string,
  args: string[] = [],
  more: Record<string, string> = {},
): Promise<number> {
  const command = (programs: string) => [
    ...["deno", "run", "--allow-all", "--no-check", `bench/${script}`, programs, ...args],
  ];
  if (hasKvm) return await runOnArm64(command(programs));
  const files = { [PROGRAMS]: programs, ...more };
  return (await runInBox({ command: command(PROGRAMS), files, smp: 2 })).code;
}

/** The benchmark's parts, by their names. */
const parts: Record<string, (folder: string, args: string[]) => Promise<number>> = {
  exits: (folder) => measure("measure.ts", folder),
  linux: async (folder, args) => {
    await prepareLinux(folder);
    if (!hasKvm) return await measure("linux.ts", folder, args, await arm64Qemu());
    await ensureDebianPackages({ [QEMU]: "qemu-system-arm" });
    return await measure("linux.ts", folder, args);
  },
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
