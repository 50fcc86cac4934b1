/** Compiles the compute guests: for Orchid, for QEMU, and as programs of this host. */

import { join } from "@std/path";
import { PROJECT } from "../../tests/arm64/box.ts";
import { ensureDebianPackages } from "../../tools/debian/packages.ts";
import { run } from "../../tools/run.ts";
import { ensureTool } from "../../tools/toolchain.ts";

/** A guest, compiled; paths of files. */
export interface Guest {
  readonly name: string;
  /** A flat binary for the tiny machine. */
  readonly orchid: string;
  /** An ELF file for `-M virt`. */
  readonly qemu: string;
  /** A program of this host, which prints the same checksum. */
  readonly native: string;
}

/** Where programs start, and where a byte stored is printed. */
interface Machine {
  readonly base: string;
  readonly console: string;
}

/** The start of RAM and the console, see machine/layout.ts. */
const TINY: Machine = { base: "0x10000", console: "0x996" };
/** RAM behind the device tree, and the data register of the PL011 (QEMU, hw/arm/virt.c). */
const VIRT: Machine = { base: "0x40080000", console: "0x09000000" };

const SOURCES = join(PROJECT, "bench", "soft");

const GUEST_OPTIONS = [
  ...["-O2", "-Wall", "-Wextra", "-ffreestanding", "-mgeneral-regs-only"],
  // Nothing but the code: no tables for unwinding, no checks that need a library, no memset.
  ...["-fno-pic", "-fno-asynchronous-unwind-tables", "-fno-stack-protector"],
  "-fno-tree-loop-distribute-patterns",
];

/** The peer and the compilers, installed on Debian if need be; gives what the cross tools' names start with. */
export async function ensureTools(): Promise<string> {
  await ensureDebianPackages({
    "qemu-system-aarch64": "qemu-system-arm",
    "gcc": "gcc",
    // The C library has no program of its own to be found by.
    "../include/stdio.h": "libc6-dev",
  });
  return await ensureTool("gcc");
}

/** Compiles a program of this host from C sources in bench/. */
export async function buildNative(
  folder: string,
  name: string,
  sources: string[],
): Promise<string> {
  const output = join(folder, name);
  const paths = sources.map((source) => join(PROJECT, "bench", source));
  await run(["gcc", "-O2", "-Wall", "-Wextra", "-o", output, ...paths]);
  return output;
}

/** Compiles one guest into `folder`, with the cross tools whose names start with `prefix`. */
export async function buildGuest(folder: string, name: string, prefix: string): Promise<Guest> {
  const objects: string[] = [];
  for (const source of ["guest", name]) {
    const object = join(folder, `${source}.o`);
    await run([`${prefix}gcc`, ...GUEST_OPTIONS, "-c", "-o", object, join(SOURCES, `${source}.c`)]);
    objects.push(object);
  }
  const link = async (machine: Machine, output: string) => {
    const symbols = [`--defsym=BASE=${machine.base}`, `--defsym=console=${machine.console}`];
    const script = ["--no-warn-rwx-segments", "-T", join(SOURCES, "guest.ld")];
    await run([`${prefix}ld`, ...script, ...symbols, "-o", output, ...objects]);
    return output;
  };
  const qemu = await link(VIRT, join(folder, `${name}.elf`));
  const tiny = await link(TINY, join(folder, `${name}-tiny.elf`));
  const orchid = join(folder, `${name}.bin`);
  await run([`${prefix}objcopy`, "-O", "binary", tiny, orchid]);
  const native = await buildNative(folder, name, ["soft/native.c", `soft/${name}.c`]);
  return { name, orchid, qemu, native };
}
