/**
 * Makes a Debian for arm64 out of its packages, with systemd, as an archive of all its files.
 *
 * On other hosts, what packages run when they are installed is emulated. As an ordinary user it takes
 * a user namespace, in which that user is root.
 *
 * @module
 */

import { join } from "@std/path";
import { cached, exists, keyOf, progress } from "../cache.ts";
import { run, ToolError } from "../run.ts";
import { debianLinux } from "./linux.ts";
import { findModules } from "./modules.ts";
import { debianRelease, ensureDebianPackages } from "./packages.ts";

/** Beside what Debian cannot be without: systemd as the first process, devices, fsck, and a network's tools. */
const PACKAGES = ["systemd-sysv", "udev", "kmod", "e2fsprogs", "iproute2"];

/** The kernel is not in it, but these modules are: those that systemd asks for, and for Orchid's devices. */
const MODULES = ["autofs4", "configfs", "fuse", "efivarfs", "overlay", "ext4", "crc32c_generic"]
  .concat(["virtio_mmio", "virtio_blk", "virtio_net", "virtio_rng", "virtio_console"])
  .concat(["virtiofs", "9p", "9pnet_virtio", "vmw_vsock_virtio_transport"])
  .concat(["gpio_keys", "evdev"]);

/** What root's password is. */
export const PASSWORD = "orchid";

/** Run when all packages are there; $1 is the system's root. */
const SETUP = `set -e
echo debian >"$1/etc/hostname"
printf '127.0.0.1 localhost\\n127.0.1.1 debian\\n' >"$1/etc/hosts"
echo '/dev/vda / ext4 errors=remount-ro 0 1' >"$1/etc/fstab"
printf 'Log in as root, with the password ${PASSWORD}.\\n\\n' >>"$1/etc/issue"
echo 'root:${PASSWORD}' | chroot "$1" chpasswd
for kernel in "$1"/usr/lib/modules/*; do chroot "$1" depmod "\${kernel##*/}"; done
`;

/** The system as a tar archive, from the cache if it is there. */
export async function debianSystem(): Promise<string> {
  const release = await debianRelease();
  const { system, release: kernel } = await debianLinux();
  const key = await keyOf(release, kernel, SETUP, ...PACKAGES, "", ...MODULES);
  const folder = await cached(`debian-${release}-system-${key}`, async (folder) => {
    await ensureTools();
    progress("installing a Debian for arm64, which takes some minutes ...");
    const modules = join(folder, "modules.tar");
    await writeModules(modules, join(system, "usr/lib/modules", kernel), kernel);
    await run([
      "mmdebstrap",
      `--mode=${Deno.uid() === 0 ? "root" : "unshare"}`,
      ...["--architectures=arm64", "--variant=minbase", `--include=${PACKAGES}`],
      `--customize-hook=tar-in ${modules} /`,
      `--customize-hook=${SETUP}`,
      ...[release, join(folder, "system.tar")],
    ], { failure: "cannot install a Debian for arm64" });
    await Deno.remove(modules);
  });
  return join(folder, "system.tar");
}

/** Sees to it that packages can be installed, for arm64 as well. */
async function ensureTools(): Promise<void> {
  await ensureDebianPackages({
    mmdebstrap: "mmdebstrap",
    "arch-test": "arch-test",
    ...(Deno.uid() !== 0 && { newuidmap: "uidmap" }),
    ...(Deno.build.arch !== "aarch64" &&
      { "qemu-aarch64-static": "qemu-user-static", "update-binfmts": "binfmt-support" }),
  });
  const registered = "/proc/sys/fs/binfmt_misc/qemu-aarch64";
  if (Deno.build.arch === "aarch64" || exists(registered)) return;
  // Where there is no systemd, nobody has done that when the machine was started.
  const command = ["update-binfmts", "--enable", "qemu-aarch64"];
  const failure = "this kernel runs no programs for arm64 by emulation";
  if (Deno.uid() !== 0) throw new ToolError(`${failure}; as root: ${command.join(" ")}`);
  await run(command, { failure });
  if (!exists(registered)) throw new ToolError(failure);
}

/** Writes an archive of kernel modules, and of the lists that the kernel's own package has of them. */
async function writeModules(path: string, source: string, kernel: string): Promise<void> {
  const root = `${path}.files`;
  const target = join(root, "usr/lib/modules", kernel);
  for (const { path, contents } of await findModules(source, MODULES)) {
    const file = join(target, path);
    await Deno.mkdir(join(file, ".."), { recursive: true });
    await Deno.writeFile(file, contents);
  }
  for (const name of ["modules.builtin", "modules.builtin.modinfo", "modules.order"]) {
    await Deno.copyFile(join(source, name), join(target, name));
  }
  await run(["tar", "-C", root, "--owner=0", "--group=0", "--mode=go=rX", "-cf", path, "usr"]);
  await Deno.remove(root, { recursive: true });
}
