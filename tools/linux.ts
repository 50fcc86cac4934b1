/**
 * `deno task linux`: boots a small Debian Linux in Orchid, on arm64 with KVM, in the ARM box if need be.
 *
 * Arguments go to Orchid: `deno task linux -- --smp 2 --memory 1G`.
 *
 * @module
 */

import { runOnArm64, taskArguments } from "../tests/arm64/main.ts";
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

async function main(given: string[]): Promise<number> {
  try {
    const image = await linuxImage();
    return await runOnArm64(linuxCommand(image, given), [image.kernel, image.initrd]);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    console.error(`linux: ${error.message}`);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(taskArguments()));
