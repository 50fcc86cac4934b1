/** Gives disks to `deno task linux`: what is written there is written to the host's files. */

import { assertEquals, assertMatch } from "@std/assert";
import { runParameter } from "../../tools/linux_image.ts";
import { TempFolder } from "../temp_folder.ts";
import { boxTest } from "./linux_in_box.ts";
import { linuxTask } from "./linux_task.ts";

const SIZE = 64 * 1024;

boxTest("deno task linux takes the host's files into the box as disks", async () => {
  using folder = new TempFolder();
  const contents = new Uint8Array(SIZE).map((_, i) => i * 7);
  for (const name of ["a.img", "b.img"]) Deno.writeFileSync(`${folder.path}/${name}`, contents);
  const script = "cat /sys/block/vda/serial; echo; cat /sys/block/vdb/serial; echo; " +
    // Nothing makes sure that it is kept.
    "dd if=/dev/vdb bs=512 count=1 skip=1 of=/dev/vda; dd if=/dev/vda of=/dev/vdb || echo refused; " +
    "poweroff -f";
  const append = `console=ttyAMA0 quiet panic=-1 ${runParameter(script)}`;
  const disks = ["--disk", "a.img", "--disk", "b.img,ro,serial=SECOND"];
  const linux = linuxTask(folder.path, ...disks, "--append", append);
  const { code, stdout, stderr } = await linux.end();
  assertEquals(code, 0, `${stdout}\n${stderr}`);
  assertMatch(stdout.replaceAll("\r", ""), /^a\.img\nSECOND\n(.*\n)*refused\n/);
  const [a, b] = ["a.img", "b.img"].map((name) => Deno.readFileSync(`${folder.path}/${name}`));
  assertEquals(a, new Uint8Array([...contents.subarray(512, 1024), ...contents.subarray(512)]));
  assertEquals(b, contents);
});

boxTest(
  "deno task linux refuses a disk that Orchid would refuse, before it starts a box",
  async () => {
    using folder = new TempFolder();
    const refused = async (disk: string) => {
      const { code, stderr } = await linuxTask(folder.path, "--disk", disk).end();
      return [code, stderr];
    };
    const path = `${folder.path}/none`;
    const words = `linux: open ${path} failed: ENOENT; there is no such file\n`;
    assertEquals(await refused("none"), [1, words]);
    const flags = "there are ro and serial=TEXT";
    assertEquals(await refused("none,rw"), [2, `linux: --disk has no flag "rw"; ${flags}\n`]);
  },
);
