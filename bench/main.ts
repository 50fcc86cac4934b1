/** `deno task bench:arm64`: measures Orchid against the smallest C program that does the same, on arm64 KVM, in the ARM box if need be. */

import { join } from "@std/path";
import { PROJECT, runInBox } from "../tests/arm64/box.ts";
import { runOnArm64 } from "../tests/arm64/main.ts";
import { hasKvm } from "../tests/test_case.ts";
import { run, ToolError } from "../tools/run.ts";
import { ensureTool } from "../tools/toolchain.ts";

/** The C programs' folder in the box. */
const PROGRAMS = "/bench-programs";

/** Compiles the C programs into `folder`. */
async function buildPrograms(folder: string): Promise<void> {
  const gcc = `${await ensureTool("gcc")}gcc`;
  for (const name of ["hello", "launch"]) {
    const source = join(PROJECT, "bench", `${name}.c`);
    await run([gcc, "-O2", "-static", "-Wall", "-o", join(folder, name), source]);
  }
}

/** Runs the measurements where there is arm64 KVM; returns their exit code. */
async function measure(programs: string): Promise<number> {
  const command = (programs: string) => [
    ...["deno", "run", "--allow-all", "--no-check", "bench/measure.ts", programs],
  ];
  if (hasKvm) return await runOnArm64(command(programs));
  const files = { [PROGRAMS]: programs };
  return (await runInBox({ command: command(PROGRAMS), files, smp: 2 })).code;
}

const programs = await Deno.makeTempDir({ prefix: "orchid-bench-" });
let code = 1;
try {
  await buildPrograms(programs);
  code = await measure(programs);
} catch (error) {
  if (!(error instanceof ToolError)) throw error;
  console.error(`bench: ${error.message}`);
} finally {
  await Deno.remove(programs, { recursive: true });
}
Deno.exit(code);
