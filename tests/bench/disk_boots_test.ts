/** How the benchmark gives guests their disk. */

import { assertEquals } from "@std/assert";
import { inOrchid, inQemu } from "../../bench/disk_boots.ts";

const after = (words: readonly string[], word: string) => words[words.indexOf(word) + 1];

Deno.test("inQemu puts the disk on a bus, with or without the host's cache", () => {
  const { booter, options } = inQemu("/dev/vda", "pci", "none");
  assertEquals(booter, "qemu");
  const drive = "file=/dev/vda,format=raw,if=none,id=disk,aio=threads";
  assertEquals(after(options, "-drive"), `${drive},cache=none`);
  assertEquals(after(options, "-device"), "virtio-blk-pci,drive=disk");
  const cached = inQemu("/dev/vda", "mmio", "writeback").options;
  assertEquals(after(cached, "-drive"), `${drive},cache=writeback`);
  assertEquals(after(cached, "-device"), "virtio-blk-device,drive=disk");
});

Deno.test("inOrchid gives the disk, and more options", () => {
  const options = ["--disk", "/dev/vda", "--stats"];
  assertEquals(inOrchid("/dev/vda", "--stats"), { booter: "orchid", options });
});
