/** The disassembler for arm64, where a host has it. */

import { testsThatNeed } from "../test_case.ts";

const OBJDUMP = Deno.build.arch === "aarch64" ? "objdump" : "aarch64-linux-gnu-objdump";

/** Whether this is an objdump that knows A64: another architecture's has the same name on some hosts. */
function isThere(): boolean {
  try {
    const { stdout } = new Deno.Command(OBJDUMP, { args: ["--info"] }).outputSync();
    return new TextDecoder().decode(stdout).includes("aarch64");
  } catch {
    return false;
  }
}

/** Registers a test that compares with the disassembler. */
export const objdumpTest = testsThatNeed(OBJDUMP, isThere());

/** Disassembles words, each as if it were at address 0, without the aliases that hide what an instruction is. */
export function disassemble(words: readonly number[]): string[] {
  const file = Deno.makeTempFileSync({ prefix: "orchid-test-" });
  try {
    Deno.writeFileSync(file, new Uint8Array(Uint32Array.from(words).buffer));
    const args = ["-D", "-z", "-b", "binary", "-m", "aarch64", "-M", "no-aliases,no-notes", file];
    const { stdout } = new Deno.Command(OBJDUMP, { args }).outputSync();
    return new TextDecoder().decode(stdout).split("\n")
      .flatMap((line) => /^\s*[0-9a-f]+:\t[0-9a-f]{8} +\t(.*)/.exec(line)?.[1] ?? [])
      .map((text) => text.replaceAll("\t", " "));
  } finally {
    Deno.removeSync(file);
  }
}
