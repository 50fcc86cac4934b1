/**
 * `deno task linux`: boots a small Debian Linux in Orchid, on arm64 with KVM, in the ARM box if need be.
 *
 * Arguments go to Orchid: `deno task linux -- --smp 2 --disk disk.img`. Disks are files of this host,
 * also where the box is needed.
 *
 * @module
 */

import { ExitCode } from "../command/report.ts";
import { UsageError } from "../command/usage.ts";
import { HostDisk } from "../kvm/disk.ts";
import { hasArm64Kvm, runOnArm64, taskArguments } from "../tests/arm64/main.ts";
import { OrchidError } from "../vm/error.ts";
import { disksFrom, disksInBox } from "./linux_disks.ts";
import { LINUX_COMMAND_LINE, type LinuxImage, linuxImage } from "./linux_image.ts";
import { ToolError } from "./run.ts";

/** The command that boots `image`: an option that is `given` replaces the one it would have had. */
export function linuxCommand({ kernel, initrd }: LinuxImage, given: string[]): string[] {
  const options = { "--initrd": initrd, "--append": LINUX_COMMAND_LINE };
  const ours = Object.entries(options).filter(([name]) =>
    !given.some((argument) => argument === name || argument.startsWith(`${name}=`))
  );
  return ["deno", "run", "--allow-ffi", "main.ts", ...ours.flat(), ...given, kernel];
}

/** Boots the image on this host, or in the box. */
async function boot(image: LinuxImage, given: string[]): Promise<number> {
  const files = [image.kernel, image.initrd];
  // `deno task` has gone from the user's folder to the project's.
  const folder = Deno.env.get("INIT_CWD") ?? Deno.cwd();
  const options = folder === Deno.cwd() ? given : disksFrom(folder, given);
  if (hasArm64Kvm()) return await runOnArm64(linuxCommand(image, options), files);
  const { words, drives } = disksInBox(options);
  using opened = new DisposableStack();
  // Orchid in the box could refuse them only when it has come up. They stay locked until it is gone.
  for (const drive of drives) opened.use(HostDisk.open(drive.path, drive));
  return await runOnArm64(linuxCommand(image, words), files, drives);
}

async function main(given: string[]): Promise<number> {
  try {
    return await boot(await linuxImage(), given);
  } catch (error) {
    if (!(error instanceof ToolError || error instanceof OrchidError)) throw error;
    console.error(`linux: ${error.message}`);
    return error instanceof UsageError ? ExitCode.usage : ExitCode.failure;
  }
}

if (import.meta.main) Deno.exit(await main(taskArguments()));
