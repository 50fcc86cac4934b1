/** Boots Linux in Orchid in an ARM box, as words of a shell. */

import { assertEquals } from "@std/assert";
import { linuxImage, runParameter } from "../../tools/linux_image.ts";
import { testsThatNeed } from "../test_case.ts";
import { type BoxOptions, runInBox } from "./box.ts";
import { canStartBox } from "./can_start_box.ts";

/** Registers a test that starts a box. */
export const boxTest = testsThatNeed("a Debian on x86-64 with QEMU", canStartBox);

/** Where the box has them. */
export const KERNEL = "/linux/Image";
export const INITRD = "/linux/initrd";

/** Runs a script in a box that has the kernel and the initrd; gives what it printed. */
export async function inBox(script: string, options: Partial<BoxOptions> = {}): Promise<string> {
  const { kernel, initrd } = await linuxImage();
  const files = { [KERNEL]: kernel, [INITRD]: initrd, ...options.files };
  const command = ["sh", "-c", script];
  const result = await runInBox({ ...options, command, files, stdout: "piped", stderr: "piped" });
  const [stdout, stderr] = [result.stdout, result.stderr].map((b) => new TextDecoder().decode(b));
  assertEquals(result.code, 0, `${stdout}\n${stderr}`);
  return stdout!.replaceAll("\r", "");
}

/** The kernel's command line for a guest that runs a command and switches itself off. */
export function commandLine(command: string): string {
  return `console=ttyAMA0 quiet panic=-1 ${runParameter(`${command}; poweroff -f`)}`;
}

/** A shell's words that boot the Linux in Orchid. */
export function orchidWords(options: string, command: string): string {
  return `deno run --allow-ffi --no-check main.ts ${options} --initrd ${INITRD} ` +
    `--append '${commandLine(command)}' ${KERNEL}`;
}
