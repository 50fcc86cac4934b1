/** The commands that are measured. */

import { join } from "@std/path";
import { PROJECT } from "../../tests/arm64/box.ts";
import type { Guest } from "./build.ts";

/** Enough for every guest. */
const MEMORY = "16M";

/** How a Deno program is started that may call libc; types were checked before. */
const DENO = [Deno.execPath(), "run", "--allow-ffi", "--no-check"];

const ORCHID = [...DENO, join(PROJECT, "main.ts"), "--accel", "soft"];

/** The CPU whose instructions QEMU translates: cortex-a76, as in the ARM box. */
const QEMU = [
  ...["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a76", "-smp", "1", "-m", MEMORY],
  ...["-accel", "tcg,thread=single", "-nic", "none"],
  ...["-display", "none", "-monitor", "none", "-serial", "stdio"],
];

/** The commands, by what they run. */
export const command = {
  orchid: (guest: Guest) => [...ORCHID, "--memory", MEMORY, guest.orchid],
  qemu: (guest: Guest) => [...QEMU, "-kernel", guest.qemu],
  hello: () => [...ORCHID, join(PROJECT, "guests", "hello.bin")],
  emptyDeno: () => [...DENO, join(PROJECT, "bench", "empty.ts")],
};
