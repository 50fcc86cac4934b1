/** Gives Linux disks by virtio. */

import { assertEquals, assertMatch } from "@std/assert";
import { runParameter } from "../../tools/linux_image.ts";
import { orchidCommand } from "../orchid_command.ts";
import { linuxArguments, linuxTest } from "./session.ts";

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/** Boots Linux with files as disks, runs a script, and gives what came of it. */
async function withDisks(
  options: (folder: string) => string[],
  script: string,
): Promise<{ code: number; said: string; told: string; folder: string }> {
  const folder = Deno.makeTempDirSync();
  const args = linuxArguments(
    ["--stats", ...options(folder)],
    `quiet ${runParameter(`${script}; poweroff -f`)}`,
  );
  const { code, stdout, stderr } = await orchidCommand(args, { stdin: "null" }).output();
  const [said, told] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, said: said!.replaceAll("\r", ""), told: told!, folder };
}

/** A file of zeroes that takes no room. */
function sparse(path: string, size: number): string {
  Deno.writeFileSync(path, new Uint8Array());
  Deno.truncateSync(path, size);
  return path;
}

linuxTest("Linux writes to disks of 1 MiB and of 100 GiB, and reads what it wrote", async () => {
  const script = "cat /sys/block/vda/size /sys/block/vdb/size /sys/block/vda/serial; " +
    "head -c 1048576 /dev/urandom >x; " +
    "dd if=x of=/dev/vda bs=64k conv=fsync; " +
    // The last MiB of the large one.
    "dd if=x of=/dev/vdb bs=1M seek=102399 conv=fsync; " +
    "echo 3 >/proc/sys/vm/drop_caches; " +
    "sha1sum <x; sha1sum </dev/vda; dd if=/dev/vdb bs=1M skip=102399 | sha1sum; " +
    "grep virtio /proc/interrupts";
  const { code, said, told, folder } = await withDisks(
    (folder) => [
      ...["--smp", "2", "--disk", `${sparse(`${folder}/a`, MIB)},serial=SMALL`],
      ...["--disk", sparse(`${folder}/b`, 100 * GIB)],
    ],
    script,
  );
  try {
    assertEquals(code, 0, told);
    assertMatch(said, /^2048\n209715200\nSMALL/m);
    const sums = said.match(/^[0-9a-f]{40}\b/gm);
    assertEquals(sums?.length, 3, said);
    assertEquals(new Set(sums).size, 1, said);
    const sum = new Uint8Array(
      await crypto.subtle.digest("SHA-1", Deno.readFileSync(`${folder}/a`)),
    );
    assertEquals(sum.toHex(), sums![0]);
    assertMatch(said, /Edge +virtio0/);
    // The driver has set the device up, read and written, and nothing of that was a load that exits.
    assertMatch(told, /^disk .*\/a +0 loads, \d\d stores$/m);
    assertMatch(told, /^ {2}disk .*\/a +\d\d+ notifications, \d\d+ interrupts$/m);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

linuxTest(
  "Linux cannot write to a disk that is read-only, and discards on one that is not",
  async () => {
    const script = "cat /sys/block/vda/ro; dd if=/dev/zero of=/dev/vda bs=512 count=1; " +
      "dd if=/dev/zero of=/dev/vdb bs=512 count=1 conv=fsync && echo written; " +
      "blkdiscard /dev/vdb && echo discarded; blkdiscard -z /dev/vdb && echo zeroed";
    const { code, said, told, folder } = await withDisks((folder) => {
      for (const name of ["a", "b"]) {
        Deno.writeFileSync(`${folder}/${name}`, new Uint8Array(MIB).fill(0x77));
      }
      return ["--disk", `${folder}/a,ro`, "--disk", `${folder}/b`];
    }, script);
    try {
      assertEquals(code, 0, told);
      assertMatch(said, /^1\n.*(Operation not permitted|Read-only)/s);
      assertMatch(said, /^written$/m);
      assertMatch(said, /^discarded$/m);
      assertEquals(Deno.readFileSync(`${folder}/a`).every((byte) => byte === 0x77), true);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
);

linuxTest("Linux finds on its disk after a reboot what it wrote before", async () => {
  const script = "head -c 1 /dev/vda | grep -q 2 && echo there && poweroff -f; " +
    "echo 2 | dd of=/dev/vda conv=fsync; reboot -f";
  const { code, said, told, folder } = await withDisks(
    (folder) => ["--disk", sparse(`${folder}/a`, MIB)],
    script,
  );
  try {
    assertEquals(code, 0, told);
    assertMatch(said, /^there$/m);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
