/**
 * `deno task test:arm64`: runs the project's tests on arm64 with KVM, in the ARM box if need be.
 *
 * Arguments go to `deno test`: a file, `--filter NAME` ...
 *
 * @module
 */

import { linuxImage } from "../../tools/linux_image.ts";
import { hasKvm } from "../test_case.ts";
import { e2fsprogsArchive } from "./guest_programs.ts";
import { runOnArm64, taskArguments } from "./main.ts";

/** What tests find in their environment, and what it is a path of. */
type Files = Record<string, string>;

/** The Linux that some tests boot. An arm64 host may be no Debian: there they are ignored, and say so. The box is made of Debian's packages itself. */
async function linux(): Promise<Files> {
  try {
    const { kernel, initrd } = await linuxImage();
    return {
      ORCHID_TEST_KERNEL: kernel,
      ORCHID_TEST_INITRD: initrd,
      ORCHID_TEST_E2FSPROGS: await e2fsprogsArchive(),
    };
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
  const files = await linux();
  const names = Object.keys(files);
  const script = names.map((name) => `export ${name}="$1"; shift; `).join("") + 'exec "$@"';
  const words = ["sh", "-c", script, "sh", ...Object.values(files), ...command];
  Deno.exit(await runOnArm64(words, Object.values(files)));
}
