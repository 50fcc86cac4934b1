/**
 * Makes a small Linux guest: Debian's arm64 kernel, and a file system in memory with busybox.
 *
 * @module
 */

import { join } from "@std/path";
import { cached, keyOf } from "./cache.ts";
import { CpioWriter } from "./cpio.ts";
import { type DebianLinux, debianLinux } from "./debian/linux.ts";
import { addModules } from "./debian/modules.ts";
import { ToolError } from "./run.ts";

/** Loaded at each start: the power key. What drives the console, the clock and GPIO is built in. */
const MODULES = ["gpio_keys", "evdev"];
/** Those that the first process loads where there are devices for them. */
const DEVICE_MODULES = ["virtio_mmio", "virtio_blk", "virtio_rng", "virtio_console"];

/** At hand for disks: the file system, and what it reckons its checksums with. */
const DISK_MODULES = ["ext4", "crc32c_generic"];

/** Mount points and other folders that /init fills. */
const FOLDERS = ["dev", "proc", "sys", "tmp", "root", "sbin", "usr/bin", "usr/sbin"];

/** What busybox's acpid runs at the power key. When all else has ended, /init goes on to its own end. */
const POWER_KEY = `#!/bin/sh
echo "The power key was pressed: switching off." >/dev/console
kill -HUP -1
`;

/** What an interactive shell reads. There is no busybox init for its `poweroff` to ask. */
const SHELL_SETTINGS = `PS1='orchid:\\w# '
alias poweroff='poweroff -f' halt='halt -f' reboot='reboot -f'
`;

/** The kernel's command line for somebody who watches: on the console no more than problems. A virtio console is preferred, if there is one. */
export const LINUX_COMMAND_LINE = "console=ttyAMA0 console=hvc0 quiet panic=-1";

/** A kernel and what it boots into, as paths of files. */
export interface LinuxImage {
  /** An arm64 Image. */
  kernel: string;
  /** A cpio archive. */
  initrd: string;
  /** What `uname -r` says in it. */
  release: string;
}

/**
 * The small Linux guest, from the cache if it is there: on its console (`console=ttyAMA0`, or `hvc0`) it has
 * a shell, or runs the command of a {@linkcode runParameter}, and then switches the machine off.
 *
 * @param options.modules More kernel modules to load, such as `virtio_mmio`.
 * @param options.atHand More that are there for a command to load.
 * @throws {ToolError} if Debian's packages cannot be had.
 */
export async function linuxImage(
  options: { modules?: string[]; atHand?: string[] } = {},
): Promise<LinuxImage> {
  const linux = await debianLinux();
  const init = await Deno.readTextFile(new URL("linux_init.sh", import.meta.url));
  const modules = [...MODULES, ...options.modules ?? []];
  const atHand = [...DEVICE_MODULES, ...DISK_MODULES, ...options.atHand ?? []];
  const key = await keyOf(
    linux.system,
    linux.release,
    init,
    POWER_KEY,
    SHELL_SETTINGS,
    ...modules,
    ...atHand,
  );
  const folder = await cached(`linux-${key}`, async (folder) => {
    await writeInitrd(join(folder, "initrd.cpio"), linux, init, modules, atHand);
  });
  return { kernel: linux.kernel, initrd: join(folder, "initrd.cpio"), release: linux.release };
}

async function writeInitrd(
  path: string,
  { system, release }: DebianLinux,
  init: string,
  modules: string[],
  atHand: string[],
): Promise<void> {
  const archive = new CpioWriter(path);
  for (const name of FOLDERS) archive.folder(name);
  // Modules are where Debian has them; `modprobe` looks in /lib.
  archive.folder("usr/lib");
  archive.link("lib", "usr/lib");
  archive.copy("bin/busybox", join(system, "usr/bin/busybox"));
  await addModules(archive, system, release, [...modules, ...atHand]);
  archive.file("etc/modules", `${modules.join(" ")}\n`);
  archive.file("etc/acpi/PWRF/00000080", POWER_KEY, 0o755);
  archive.file("etc/shrc", SHELL_SETTINGS);
  archive.file("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
  archive.file("etc/group", "root:x:0:\n");
  archive.file("init", init, 0o755);
  archive.close();
}

/**
 * What to add to the kernel's command line for the guest to run a shell command, and then to switch
 * itself off: `poweroff -f` in the command saves it the last bit of work.
 *
 * @throws {ToolError} if the kernel's command line cannot carry the command.
 */
export function runParameter(command: string): string {
  if (/["\n\0]/.test(command)) {
    throw new ToolError(`no double quotes or line ends on a kernel's command line: ${command}`);
  }
  return `orchid.run="${command}"`;
}
