/** Boots Linux in ARM boxes of other kinds, and compares its complaints with those under QEMU. */

import { assertEquals, assertMatch } from "@std/assert";
import { linuxImage, runParameter } from "../../tools/linux_image.ts";
import { testsThatNeed } from "../test_case.ts";
import { type BoxOptions, runInBox } from "./box.ts";
import { canStartBox } from "./can_start_box.ts";
import { arm64Qemu } from "./programs.ts";

const test = testsThatNeed("a Debian on x86-64 with QEMU", canStartBox);

const KERNEL = "/linux/Image";
const INITRD = "/linux/initrd";

/** Runs a script in a box that has the kernel and the initrd; gives what it printed. */
async function inBox(script: string, options: Partial<BoxOptions> = {}): Promise<string> {
  const { kernel, initrd } = await linuxImage();
  const files = { [KERNEL]: kernel, [INITRD]: initrd, ...options.files };
  const command = ["sh", "-c", script];
  const result = await runInBox({ ...options, command, files, stdout: "piped", stderr: "piped" });
  const [stdout, stderr] = [result.stdout, result.stderr].map((b) => new TextDecoder().decode(b));
  assertEquals(result.code, 0, stderr);
  return stdout!.replaceAll("\r", "");
}

/** The kernel's command line for a guest that runs a command and switches itself off. */
function commandLine(command: string): string {
  return `console=ttyAMA0 quiet panic=-1 ${runParameter(`${command}; poweroff -f`)}`;
}

/** A shell's words that boot the Linux in Orchid. */
function orchid(options: string, command: string): string {
  return `deno run --allow-ffi --no-check main.ts ${options} --initrd ${INITRD} ` +
    `--append '${commandLine(command)}' ${KERNEL}`;
}

test("Linux boots on a host with a GICv2", async () => {
  const script = orchid("--smp 2", "nproc; cat /proc/interrupts");
  const output = await inBox(script, { gic: 2 });
  assertMatch(output, /^2$/m);
  assertMatch(output, /GIC-0 +27 Level +arch_timer/);
});

/** What a kernel complains about, without the time of it. */
function complaints(output: string): string[] {
  const lines = output.split("\n").map((line) => /^<[0-4]>\[[ \d.]+\] (.*)/.exec(line)?.[1]);
  return lines.filter((line) => line !== undefined);
}

test("Linux has nothing to complain about that it has not under QEMU as well", async () => {
  const qemu = "qemu-system-aarch64 -M virt,gic-version=host -accel kvm -cpu host -m 512 -smp 2 " +
    `-nographic -nic none -no-reboot -kernel ${KERNEL} -initrd ${INITRD} ` +
    `-append '${commandLine("dmesg -r")}' </dev/null`;
  const script = `${qemu}; echo BETWEEN; ${orchid("--smp 2", "dmesg -r")}`;
  const output = await inBox(script, { files: await arm64Qemu() });
  const [theirs = "", ours = ""] = output.split("BETWEEN\n");
  assertMatch(theirs, /^<6>.*Run \/init/m);
  assertMatch(ours, /^<6>.*Run \/init/m);
  const known = complaints(theirs);
  assertEquals(complaints(ours).filter((line) => !known.includes(line)), []);
});
