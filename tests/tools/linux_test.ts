/** `deno task linux` puts its options where Orchid expects them. */

import { assertEquals } from "@std/assert";
import { linuxCommand } from "../../tools/linux.ts";
import { LINUX_COMMAND_LINE } from "../../tools/linux_image.ts";

const IMAGE = { kernel: "/cache/vmlinuz", initrd: "/cache/initrd.cpio", release: "6.1" };
const ORCHID = ["deno", "run", "--allow-ffi", "main.ts"];
const INITRD = ["--initrd", IMAGE.initrd];
const APPEND = ["--append", LINUX_COMMAND_LINE];

Deno.test("linuxCommand boots the image, with the given options before the kernel", () => {
  assertEquals(
    linuxCommand(IMAGE, ["--smp", "2"]),
    [...ORCHID, ...INITRD, ...APPEND, "--smp", "2", IMAGE.kernel],
  );
});

Deno.test("linuxCommand leaves out its own option where one is given", () => {
  assertEquals(
    linuxCommand(IMAGE, ["--append", "console=ttyAMA0"]),
    [...ORCHID, ...INITRD, "--append", "console=ttyAMA0", IMAGE.kernel],
  );
  assertEquals(
    linuxCommand(IMAGE, ["--initrd=other"]),
    [...ORCHID, ...APPEND, "--initrd=other", IMAGE.kernel],
  );
});
