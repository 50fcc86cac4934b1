/** Boots a Debian with systemd from a disk, with `deno task linux`, as its users do. */

import { assertEquals, assertMatch } from "@std/assert";
import { exists } from "../../tools/cache.ts";
import { PASSWORD } from "../../tools/debian/system.ts";
import { writeDebianDisk } from "../../tools/debian_disk.ts";
import { run } from "../../tools/run.ts";
import { TempFolder } from "../temp_folder.ts";
import { hasKvm, testsThatNeed } from "../test_case.ts";
import { canStartBox } from "./can_start_box.ts";
import { linuxTask } from "./linux_task.ts";

const test = testsThatNeed(
  "a Debian with mmdebstrap, on arm64 with /dev/kvm, or with QEMU",
  (canStartBox || hasKvm) && exists("/usr/bin/mmdebstrap"),
);

test("Debian boots from a disk with two vCPUs to its login, and leaves it clean", async () => {
  using folder = new TempFolder();
  const disk = `${folder.path}/debian.img`;
  await writeDebianDisk(disk, 2 ** 30);
  const append = "console=ttyAMA0 root=/dev/vda rw";
  const options = ["--smp", "2", "--disk", "debian.img", "--append", append];
  const debian = linuxTask(folder.path, ...options);
  await debian.hasPrinted("Welcome to");
  await debian.hasPrinted("debian login: ");
  await debian.type("root\n");
  await debian.hasPrinted("Password: ");
  await debian.type(`${PASSWORD}\n`);
  await debian.hasPrinted("root@debian:~# ");
  const commands = [
    ...["systemctl is-system-running --wait", "systemctl --failed --no-legend", "nproc"],
    ...["findmnt -no SOURCE /", "echo from the guest >note", "echo th''en"],
  ];
  await debian.type(`${commands.join("; ")}\n`);
  await debian.hasPrinted("then");
  await debian.type("poweroff\n");
  const { code, stdout, stderr } = await debian.end();
  assertEquals(code, 0, `${stdout}\n${stderr}`);
  // No unit has failed, or it would be named in between.
  assertMatch(stdout.replaceAll("\r", ""), /running\n2\n\/dev\/vda\nthen\n/);
  const env = { PATH: `${Deno.env.get("PATH")}:/usr/sbin` };
  await run(["e2fsck", "-f", "-n", disk], { env });
  assertEquals(await run(["debugfs", "-R", "cat /root/note", disk], { env }), "from the guest\n");
});
