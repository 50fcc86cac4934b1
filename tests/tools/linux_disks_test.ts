/** Tests how `deno task linux` takes the host's disks into the box. */

import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../command/usage.ts";
import { disksFrom, disksInBox } from "../../tools/linux_disks.ts";
import { driveName, driveOptions } from "../arm64/drives.ts";

const GIVEN = [
  ...["--smp", "2", "--disk", "a.img", "--disk=/b/b.img,serial=B,ro"],
  ...["--append", "root=/dev/vda", "--disk", "../a name of many words.img,ro"],
];

Deno.test("disksInBox puts drives of the box in the place of files, and keeps their flags", () => {
  const { words, drives } = disksInBox(GIVEN);
  assertEquals(words, [
    ...["--smp", "2", "--disk", "/dev/vda,serial=a.img", "--disk=/dev/vdb,ro,serial=B"],
    ...["--append", "root=/dev/vda", "--disk", "/dev/vdc,ro"],
  ]);
  assertEquals(drives.map(({ path, readOnly }) => [path, readOnly]), [
    ["a.img", false],
    ["/b/b.img", true],
    ["../a name of many words.img", true],
  ]);
});

Deno.test("disksFrom finds disks from the user's folder", () => {
  assertEquals(disksFrom("/home/me", GIVEN), [
    ...["--smp", "2", "--disk", "/home/me/a.img", "--disk=/b/b.img,ro,serial=B"],
    ...["--append", "root=/dev/vda", "--disk", "/home/a name of many words.img,ro"],
  ]);
});

Deno.test("disksInBox leaves other options alone, and refuses what is no disk", () => {
  for (const words of [[], ["--smp", "2"], ["--disk"]]) {
    assertEquals(disksInBox(words), { words, drives: [] });
  }
  assertThrows(() => disksInBox(["--disk", "a,rw"]), UsageError, 'no flag "rw"');
});

Deno.test("driveName counts on behind z", () => {
  const names = [0, 1, 25, 26, 51, 52, 701, 702].map(driveName);
  assertEquals(names, ["a", "b", "z", "aa", "az", "ba", "zz", "aaa"].map((x) => `/dev/vd${x}`));
});

Deno.test("driveOptions gives QEMU a drive, whatever is in its name", () => {
  assertEquals(driveOptions([{ path: "/a,b.img" }, { path: "/c", readOnly: true }]), [
    ...["-drive", "file=/a,,b.img,format=raw,if=virtio,discard=unmap,readonly=off"],
    ...["-drive", "file=/c,format=raw,if=virtio,discard=unmap,readonly=on"],
  ]);
});
