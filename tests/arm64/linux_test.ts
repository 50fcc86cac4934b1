/** Boots Linux in ARM boxes of other kinds, and compares its complaints with those under QEMU. */

import { assertEquals, assertMatch } from "@std/assert";
import { boxTest, commandLine, inBox, INITRD, KERNEL, orchidWords } from "./linux_in_box.ts";
import { arm64Qemu } from "./programs.ts";

boxTest("Linux boots on a host with a GICv2", async () => {
  const script = orchidWords("--smp 2", "nproc; cat /proc/interrupts");
  const output = await inBox(script, { gic: 2 });
  assertMatch(output, /^2$/m);
  assertMatch(output, /GIC-0 +27 Level +arch_timer/);
});

/** What a kernel complains about, without the time of it. */
function complaints(output: string): string[] {
  const lines = output.split("\n").map((line) => /^<[0-4]>\[[ \d.]+\] (.*)/.exec(line)?.[1]);
  return lines.filter((line) => line !== undefined);
}

boxTest("Linux has nothing to complain about that it has not under QEMU as well", async () => {
  const qemu = "qemu-system-aarch64 -M virt,gic-version=host -accel kvm -cpu host -m 512 -smp 2 " +
    `-nographic -nic none -no-reboot -kernel ${KERNEL} -initrd ${INITRD} ` +
    `-append '${commandLine("dmesg -r")}' </dev/null`;
  const script = `${qemu}; echo BETWEEN; ${orchidWords("--smp 2", "dmesg -r")}`;
  const output = await inBox(script, { files: await arm64Qemu() });
  const [theirs = "", ours = ""] = output.split("BETWEEN\n");
  assertMatch(theirs, /^<6>.*Run \/init/m);
  assertMatch(ours, /^<6>.*Run \/init/m);
  const known = complaints(theirs);
  assertEquals(complaints(ours).filter((line) => !known.includes(line)), []);
});
