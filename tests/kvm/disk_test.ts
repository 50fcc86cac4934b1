/** Tests disks in files of the host's. */

import { assertEquals, assertThrows } from "@std/assert";
import { DiskError, HostDisk } from "../../kvm/disk.ts";
import { SystemCallError } from "../../kvm/errno.ts";
import { asNobody } from "../nobody.ts";
import { openFiles } from "../open_files.ts";

const SIZE = 64 * 1024;

/** Calls `fn` with the path of a new file of so many bytes. */
async function withFile(size: number, fn: (path: string) => void | Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    const path = `${folder}/disk.img`;
    Deno.writeFileSync(path, new Uint8Array(size).map((_, i) => i * 3));
    await fn(path);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Pieces of memory of these lengths, as a guest's. */
function pieces(...lengths: number[]): Uint8Array<SharedArrayBuffer>[] {
  const memory = new Uint8Array(new SharedArrayBuffer(0x1_0000));
  let at = 0;
  return lengths.map((length) => memory.subarray(at, at += length));
}

Deno.test("HostDisk reads into pieces, and writes out of them", async () => {
  await withFile(SIZE, async (path) => {
    using disk = HostDisk.open(path);
    assertEquals([disk.size, disk.serial, disk.readOnly], [SIZE, "disk.img", false]);
    const read = pieces(100, 400, 12);
    assertEquals(await disk.read(1024, read), true);
    const before = Deno.readFileSync(path);
    assertEquals(read.flatMap((piece) => [...piece]), [...before.subarray(1024, 1536)]);
    const written = pieces(512, 1024);
    written.forEach((piece, i) => piece.fill(0x40 + i));
    assertEquals(await disk.write(SIZE - 1536, written), true);
    assertEquals(await disk.flush(), true);
    const after = Deno.readFileSync(path);
    assertEquals(after.subarray(0, SIZE - 1536), before.subarray(0, SIZE - 1536));
    assertEquals([after[SIZE - 1536], after[SIZE - 1024], after[SIZE - 1], after.length], [
      0x40,
      0x41,
      0x41,
      SIZE,
    ]);
  });
});

Deno.test("HostDisk fails to read where its file has become shorter", async () => {
  await withFile(SIZE, async (path) => {
    using disk = HostDisk.open(path);
    Deno.truncateSync(path, 1000);
    assertEquals(await disk.read(512, pieces(512)), false);
    assertEquals(await disk.read(0, pieces(512)), true);
  });
});

Deno.test("HostDisk discards, and writes zeroes, in room and without", async () => {
  await withFile(SIZE, async (path) => {
    using disk = HostDisk.open(path);
    assertEquals(await disk.discard(0, 4096), true);
    assertEquals(await disk.writeZeroes(4096, 4096, true), true);
    assertEquals(await disk.writeZeroes(8192 + 512, 512, false), true);
    const bytes = Deno.readFileSync(path);
    assertEquals(bytes.length, SIZE);
    assertEquals(bytes.subarray(4096, 8192).every((byte) => byte === 0), true);
    assertEquals(bytes.subarray(8704, 9216).every((byte) => byte === 0), true);
    assertEquals([bytes[8192 + 511], bytes[9217]], [(8192 + 511) * 3 & 0xff, 9217 * 3 & 0xff]);
  });
});

Deno.test("HostDisk locks its file against a second writer", async () => {
  await withFile(SIZE, (path) => {
    {
      using _ = HostDisk.open(path);
      const words = `${path} is in use as another disk`;
      assertThrows(() => HostDisk.open(path), DiskError, words);
      assertThrows(
        () => HostDisk.open(path, { readOnly: true }),
        DiskError,
        `${words}, which is written`,
      );
    }
    using _one = HostDisk.open(path, { readOnly: true });
    using _two = HostDisk.open(path, { readOnly: true });
    assertThrows(() => HostDisk.open(path), DiskError);
  });
});

Deno.test("HostDisk fails to write a file that was opened for reading", async () => {
  await withFile(SIZE, async (path) => {
    using disk = HostDisk.open(path, { readOnly: true, serial: "x" });
    assertEquals([disk.readOnly, disk.serial], [true, "x"]);
    assertEquals(await disk.write(0, pieces(512)), false);
    assertEquals(await disk.flush(), true);
  });
});

for (const [size, words] of [[0, "is empty"], [513, "513 bytes, which is no multiple"]] as const) {
  Deno.test(`HostDisk.open refuses a file of ${size} bytes, and leaves none open`, async () => {
    await withFile(size, (path) => {
      const before = openFiles();
      assertThrows(() => HostDisk.open(path), DiskError, words);
      assertEquals(openFiles(), before);
    });
  });
}

Deno.test("HostDisk.open says what is wrong with a path", () => {
  const folder = Deno.makeTempDirSync();
  try {
    assertThrows(() => HostDisk.open(`${folder}/none`), SystemCallError, "there is no such file");
    assertThrows(() => HostDisk.open(folder), SystemCallError, "it is a directory");
    assertThrows(
      () => HostDisk.open(folder, { readOnly: true }),
      SystemCallError,
      "it is a directory",
    );
    assertThrows(() => HostDisk.open("/dev/null"), DiskError, "is empty");
    Deno.writeFileSync(`${folder}/file`, new Uint8Array(512), { mode: 0o444 });
    Deno.chmodSync(folder, 0o755);
    asNobody(() => {
      assertThrows(
        () => HostDisk.open(`${folder}/file`),
        SystemCallError,
        "with ,ro it need not be",
      );
      HostDisk.open(`${folder}/file`, { readOnly: true })[Symbol.dispose]();
    });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
