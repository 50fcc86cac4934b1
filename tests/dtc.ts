/** The device tree compiler, where a host has it: a second opinion on device trees. */

import { join } from "@std/path";
import { inTempFolder } from "./temp_folder.ts";
import { testsThatNeed } from "./test_case.ts";

/** What dtc made of a device tree. */
export interface Compiled {
  /** As a DTB. */
  readonly dtb: Uint8Array;
  /** Errors and warnings, a line each; empty if there are none. */
  readonly warnings: string;
}

/** Registers a test that asks dtc. */
export const dtcTest = testsThatNeed("dtc", hasDtc());

function hasDtc(): boolean {
  try {
    return new Deno.Command("dtc", { args: ["--version"], stdout: "null", stderr: "null" })
      .outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Has dtc read a device tree, as a DTB or as source text, check it, and write it. */
export function compile(tree: Uint8Array | string): Compiled {
  return inTempFolder((cwd) => {
    const source = typeof tree === "string";
    if (source) Deno.writeTextFileSync(join(cwd, "in"), tree);
    else Deno.writeFileSync(join(cwd, "in"), tree);
    const args = ["-I", source ? "dts" : "dtb", "-O", "dtb", "-o", "out", "in"];
    const { success, stderr } = new Deno.Command("dtc", { args, cwd }).outputSync();
    const warnings = new TextDecoder().decode(stderr);
    if (!success) throw new Error(`dtc failed: ${warnings}`);
    return { dtb: Deno.readFileSync(join(cwd, "out")), warnings };
  });
}
