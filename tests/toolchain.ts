/** The C compiler and the assembler for arm64, where a host has them. */

import { join } from "@std/path";
import { toolPrefix } from "../tools/toolchain.ts";
import { inTempFolder } from "./temp_folder.ts";
import { testsThatNeed } from "./test_case.ts";

const gcc = await toolPrefix("gcc");
const binutils = await toolPrefix("as");

/** Every extension that a register in kvm/system_registers.ts belongs to. */
const MARCH = "-march=armv8.6-a+sve+sme+memtag+rng";

/** Runs one of the tools in a folder; whether it did its job, and its errors and warnings. */
function run(cwd: string, tool: string, ...args: string[]): { success: boolean; stderr: string } {
  const { success, stderr } = new Deno.Command(tool, { args, cwd }).outputSync();
  return { success, stderr: new TextDecoder().decode(stderr) };
}

/** The compiler's errors about a C file; empty if it is right. */
export function compileErrors(source: string): string {
  return inTempFolder((folder) => {
    Deno.writeTextFileSync(join(folder, "test.c"), source);
    const { success, stderr } = run(folder, `${gcc}gcc`, "-fsyntax-only", "-Werror", "test.c");
    return success ? "" : stderr || "gcc failed";
  });
}

/** Assembles instructions, a line each, to their machine words. */
export function assemble(lines: readonly string[]): number[] {
  return inTempFolder((folder) => {
    Deno.writeTextFileSync(join(folder, "test.s"), `${lines.join("\n")}\n`);
    for (
      const [tool, ...args] of [
        ["as", MARCH, "-o", "test.o", "test.s"],
        ["objcopy", "-O", "binary", "-j", ".text", "test.o", "test.bin"],
      ] as const
    ) {
      const { success, stderr } = run(folder, `${binutils}${tool}`, ...args);
      if (!success) throw new Error(stderr);
    }
    return [...new Uint32Array(Deno.readFileSync(join(folder, "test.bin")).buffer)];
  });
}

// Not all of what is compared was there before Linux 6.1.
const HEADER_CHECK = `#include <linux/version.h>
#include <linux/kvm.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error too old
#endif
`;

/** Registers a test that compares with the kernel's header. */
export const headerTest = testsThatNeed(
  "gcc for arm64 and linux/kvm.h of Linux 6.1 or later",
  gcc !== undefined && compileErrors(HEADER_CHECK) === "",
);

/** Registers a test that compares with the assembler. */
export const assemblerTest = testsThatNeed("binutils for arm64", binutils !== undefined);
