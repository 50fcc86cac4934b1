/** Whether tests may start an ARM box. */

import { exists } from "../../tools/cache.ts";

/** Starting a box takes seconds here, and it would fetch and install what it lacks: not in a test. */
export const canStartBox = Deno.build.os === "linux" && Deno.build.arch === "x86_64" &&
  Deno.env.get("ORCHID_BOX") === undefined && exists("/etc/debian_version") &&
  exists("/usr/bin/qemu-system-aarch64");
