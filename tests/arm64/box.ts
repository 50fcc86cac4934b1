/**
 * Runs a command in the ARM box: an arm64 Linux with a real /dev/kvm, emulated by QEMU.
 *
 * @module
 */

import { fromFileUrl, join } from "@std/path";
import { ensureDebianPackages } from "../../tools/debian/packages.ts";
import { npmRegistry } from "./deno.ts";
import { type Drive, DRIVE_MODULES, driveOptions } from "./drives.ts";
import { buildInitramfs } from "./initramfs.ts";
import { acceptPorts, makeEndMark } from "./ports.ts";
import { Qemu } from "./qemu.ts";
import { talk } from "./session.ts";
import { onSignals } from "./signals.ts";

/** The folder of the project. */
export const PROJECT = fromFileUrl(new URL("../..", import.meta.url));

/** What to run, and in what kind of box. */
export interface BoxOptions {
  /** The program and its arguments. It runs in /orchid, a copy of the project. */
  command: string[];
  /** More environment variables for it. */
  env?: Record<string, string>;
  /** Where its input comes from: nowhere, unless told. */
  stdin?: "inherit" | "null" | Uint8Array;
  /** "piped" collects the output in the result; "inherit" is the default. */
  stdout?: "inherit" | "piped";
  stderr?: "inherit" | "piped";
  /** Gives the command a terminal, which is this process's own; the three above are left out. */
  terminal?: boolean;
  /** CPUs of the box: 2, unless told. */
  smp?: number;
  /** Memory of the box: 4096, unless told. */
  memoryMiB?: number;
  /** The interrupt controller's version, and with it the CPU: 3, unless told, is an RK3588's (Cortex-A76); 2 is a Raspberry Pi 4's (Cortex-A72). */
  gic?: 2 | 3;
  /** Files and folders to add: `{ path in the box: path on the host }`. */
  files?: Record<string, string>;
  /** Kernel modules to load: initramfs.ts names those that are at hand. */
  modules?: string[];
  /** Disks of the box, /dev/vda and so on: what is written there stays on the host. */
  drives?: Drive[];
  /** More options for QEMU. */
  qemuArgs?: string[];
}

/** How it went. */
export interface BoxResult {
  /** The command's exit code, 128 + n if signal n killed it. */
  code: number;
  /** What was "piped". */
  stdout: Uint8Array;
  stderr: Uint8Array;
}

/** What programs in the box find in their environment. */
const ENVIRONMENT = {
  HOME: "/root",
  PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
  LANG: "C.UTF-8",
  DENO_DIR: "/deno-dir",
  DENO_NO_UPDATE_CHECK: "1",
  ORCHID_BOX: "1",
};
/** What the terminal can do is the same in the box. */
const HANDED_ON = ["TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR"];

/** Runs a command in a box of its own. Throws a ToolError if the box, not the command, fails. */
export async function runInBox(options: BoxOptions): Promise<BoxResult> {
  await ensureDebianPackages({ "qemu-system-aarch64": "qemu-system-arm" });
  await using undo = new AsyncDisposableStack();
  let ending = false;
  using _ = onSignals(async (number) => {
    // The same signal may come from the terminal and from `deno task`.
    if (ending) return;
    ending = true;
    await undo.disposeAsync();
    Deno.exit(128 + number);
  });
  try {
    return await boot(options, undo);
  } catch (error) {
    // At a signal everything fails, one way or another; the handler above has the last word.
    if (ending) await new Promise(() => {});
    throw error;
  }
}

/** Starts QEMU on all that the box needs, and stays with it to the end. */
async function boot(options: BoxOptions, undo: AsyncDisposableStack): Promise<BoxResult> {
  const folder = await Deno.makeTempDir({ prefix: "orchid-box-" });
  undo.defer(() => Deno.remove(folder, { recursive: true }));
  const initramfs = join(folder, "initramfs");
  const endMark = makeEndMark();
  const { smp = 2, memoryMiB = 4096, gic = 3, drives = [], qemuArgs = [] } = options;
  const kernel = await buildInitramfs(initramfs, {
    command: options.command,
    env: { ...ENVIRONMENT, ...handedOn(), ...options.env },
    project: PROJECT,
    files: options.files ?? {},
    modules: [...options.modules ?? [], ...drives.length > 0 ? DRIVE_MODULES : []],
    terminal: options.terminal ?? false,
    endMark,
  });
  const accepted = acceptPorts(folder, undo);
  // It fails when QEMU does not come so far as to connect; what is told then is QEMU's failure.
  accepted.catch(() => {});
  const extra = [...driveOptions(drives), ...qemuArgs];
  const qemu = new Qemu({ folder, kernel, initramfs, smp, memoryMiB, gic, extra });
  undo.defer(() => qemu.stop());
  const ports = await Promise.race([accepted, qemu.failure]);
  const session = { ports, qemu, options, endMark, initramfs, undo };
  return await Promise.race([talk(session), qemu.failure]);
}

/** The variables of this process that matter in the box as well. */
function handedOn(): Record<string, string> {
  const pairs = HANDED_ON.map((name) => [name, Deno.env.get(name)]);
  return Object.fromEntries(
    [...pairs, ["NPM_CONFIG_REGISTRY", npmRegistry()]].filter(([, value]) => value !== undefined),
  );
}
