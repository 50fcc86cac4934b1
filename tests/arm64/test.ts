/**
 * `deno task test:arm64`: runs the project's tests on arm64 with KVM, in the ARM box if need be.
 *
 * Arguments go to `deno test`: a file, `--filter NAME` ...
 *
 * @module
 */

import { type LinuxImage, linuxImage } from "../../tools/linux_image.ts";
import { hasKvm } from "../test_case.ts";
import { runOnArm64, taskArguments } from "./main.ts";

/** The Linux that some tests boot. An arm64 host may be no Debian: there they are ignored, and say so. The box is made of Debian's packages itself. */
async function image(): Promise<Partial<LinuxImage>> {
  try {
    return await linuxImage();
  } catch (error) {
    if (!hasKvm) throw error;
    console.error(`no Linux to test with: ${error instanceof Error ? error.message : error}`);
    return {};
  }
}

// `deno test` takes this file for one of the tests, because of its name: then it does nothing.
if (import.meta.main) {
  // Types are checked on the host, where it takes seconds and not minutes.
  const command = ["deno", "test", "--allow-all", "--no-check", ...taskArguments()];
  const { kernel = "", initrd = "" } = await image();
  const withLinux = 'export ORCHID_TEST_KERNEL="$1" ORCHID_TEST_INITRD="$2"; shift 2; exec "$@"';
  const words = ["sh", "-c", withLinux, "sh", kernel, initrd, ...command];
  Deno.exit(await runOnArm64(words, [kernel, initrd].filter((path) => path !== "")));
}
