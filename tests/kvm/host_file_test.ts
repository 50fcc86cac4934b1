/** Tests reading files of the host into memory of one's own choice, and writing them. */

import { assertEquals, assertThrows } from "@std/assert";
import { SystemCallError } from "../../kvm/errno.ts";
import { readFile, writeFile } from "../../kvm/file.ts";
import { HostFile, HostFileError } from "../../kvm/host_file.ts";
import { GuestMemory } from "../../vm/guest_memory.ts";
import { asNobody } from "../nobody.ts";
import { openFiles } from "../open_files.ts";
import { inTempFolder } from "../temp_folder.ts";

const contents = new Uint8Array(300_001).map((_, i) => i * 7 + (i >> 8));

/** A file of these bytes, open for as long as `fn` runs. */
function withFile(bytes: Uint8Array, fn: (file: HostFile, path: string) => void): void {
  inTempFolder((folder) => {
    const path = `${folder}/file`;
    Deno.writeFileSync(path, bytes);
    using file = HostFile.open(path);
    fn(file, path);
  });
}

/** The file at the other end of a process that prints these bytes. */
function withPipe(bytes: Uint8Array, fn: (path: string) => void): void {
  inTempFolder((folder) => {
    Deno.writeFileSync(`${folder}/file`, bytes);
    const path = `${folder}/pipe`;
    new Deno.Command("mkfifo", { args: [path] }).outputSync();
    const script = 'cat "$1" >"$2" 2>/dev/null &';
    new Deno.Command("sh", {
      args: ["-c", script, "sh", `${folder}/file`, path],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).outputSync();
    fn(path);
  });
}

/** All that can be read from a file. */
function all(file: HostFile): Uint8Array {
  const bytes = new Uint8Array(file.size);
  assertEquals(file.readAt(bytes, 0), bytes.length);
  return bytes;
}

Deno.test("HostFile knows its name and its size", () => {
  withFile(contents, (file, path) => assertEquals([file.name, file.size], [path, 300_001]));
});

Deno.test("HostFile.readAt reads from a position", () => {
  withFile(contents, (file) => {
    const bytes = new Uint8Array(1000);
    assertEquals(file.readAt(bytes, 150_000), 1000);
    assertEquals(bytes, contents.subarray(150_000, 151_000));
  });
});

Deno.test("HostFile.readAt reads the file in any order", () => {
  withFile(contents, (file) => {
    const bytes = new Uint8Array(2);
    file.readAt(bytes.subarray(1), 7);
    file.readAt(bytes.subarray(0, 1), 3);
    assertEquals(bytes, new Uint8Array([contents[3]!, contents[7]!]));
  });
});

Deno.test("HostFile.readAt stops at the end of the file", () => {
  withFile(contents, (file) => {
    const bytes = new Uint8Array(10);
    assertEquals([299_999, 300_001, 400_000].map((at) => file.readAt(bytes, at)), [2, 0, 0]);
    assertEquals(bytes.subarray(2), new Uint8Array(8));
  });
});

Deno.test("HostFile.readAt reads nothing into no bytes", () => {
  withFile(contents, (file) => assertEquals(file.readAt(new Uint8Array(), 0), 0));
});

Deno.test("HostFile.readAt reads straight into guest memory, and nowhere else", () => {
  const memory = new GuestMemory([{ base: 0x4000_0000, size: 0x10_0000, readOnly: false }]);
  withFile(contents, (file) => {
    assertEquals(file.readAt(memory.bytes(0x4000_1001, 300_001), 0), 300_001);
  });
  const found = new Uint8Array(memory.bytes(0x4000_1000, 300_003));
  assertEquals(found.subarray(1, -1), contents);
  assertEquals([found[0], found.at(-1)], [0, 0]);
});

Deno.test("HostFile.readAt reads into guest memory beyond 4 GiB", () => {
  const memory = new GuestMemory([{ base: 0x4000_0000, size: 5 * 2 ** 30, readOnly: false }]);
  const address = 0x4000_0000 + 2 ** 32 + 12;
  withFile(contents, (file) => file.readAt(memory.bytes(address, 8), 4));
  assertEquals(new Uint8Array(memory.bytes(address, 8)), contents.subarray(4, 12));
});

Deno.test("HostFile.readAt reads beyond the first 4 GiB of a file", () => {
  inTempFolder((folder) => {
    const path = `${folder}/large`;
    const large = Deno.openSync(path, { write: true, create: true });
    large.seekSync(2 ** 32 + 5, Deno.SeekMode.Start);
    large.writeSync(new Uint8Array([1, 2, 3]));
    large.close();
    using file = HostFile.open(path);
    const bytes = new Uint8Array(3);
    file.readAt(bytes, 2 ** 32 + 5);
    assertEquals([file.size, ...bytes], [2 ** 32 + 8, 1, 2, 3]);
  });
});

Deno.test("HostFile is empty where the file is", () => {
  withFile(new Uint8Array(), (file) => {
    assertEquals([file.size, file.readAt(new Uint8Array(1), 0)], [0, 0]);
  });
});

Deno.test("HostFile keeps what a pipe gives, and reads it in any order", () => {
  withPipe(contents, (path) => {
    using file = HostFile.open(path);
    const middle = new Uint8Array(10);
    assertEquals([file.size, file.readAt(middle, 777)], [300_001, 10]);
    assertEquals(middle, contents.subarray(777, 787));
    assertEquals(all(file), contents);
    assertEquals(file.readAt(middle, 299_995), 6);
  });
});

Deno.test("HostFile reads a file of /proc, which has no size", () => {
  using file = HostFile.open("/proc/self/status");
  assertEquals(new TextDecoder().decode(all(file)).startsWith("Name:"), true);
});

Deno.test("HostFile refuses a file without an end", () => {
  const error = assertThrows(() => HostFile.open("/dev/zero", 100_000), HostFileError);
  assertEquals(
    error.message,
    "/dev/zero is no ordinary file, and gives more than 100000 bytes; put them into a file first",
  );
});

const refused: [path: string, message: string][] = [
  ["/nowhere/file", "open /nowhere/file failed: ENOENT; there is no such file"],
  ["/tmp", "read /tmp failed: EISDIR; it is a directory"],
  [
    "/dev/null/file",
    "open /dev/null/file failed: ENOTDIR; a part of the path is not a directory",
  ],
];

for (const [path, message] of refused) {
  Deno.test(`HostFile says why it cannot open ${path}`, () => {
    assertEquals(assertThrows(() => HostFile.open(path), SystemCallError).message, message);
  });
}

Deno.test("HostFile says that a file is closed", () => {
  withFile(contents, (file, path) => {
    file[Symbol.dispose]();
    const read = () => file.readAt(new Uint8Array(1), 0);
    assertEquals(assertThrows(read, SystemCallError).message, `read ${path} failed: EBADF`);
  });
});

Deno.test("HostFile leaves no file open", () => {
  const before = openFiles();
  withFile(contents, (file) => file.readAt(new Uint8Array(10), 0));
  assertThrows(() => HostFile.open("/tmp"), SystemCallError);
  assertThrows(() => HostFile.open("/dev/zero", 10), HostFileError);
  assertEquals(openFiles(), before);
});

Deno.test("writeFile writes a file that its owner may write and all may read", () => {
  inTempFolder((folder) => {
    writeFile(`${folder}/new`, contents);
    assertEquals(readFile(`${folder}/new`, 1_000_000), contents);
    assertEquals((Deno.statSync(`${folder}/new`).mode ?? 0) & 0o777, 0o644 & ~Deno.umask());
  });
});

Deno.test("writeFile leaves nothing of what was there", () => {
  inTempFolder((folder) => {
    writeFile(`${folder}/file`, contents);
    writeFile(`${folder}/file`, new Uint8Array([1, 2]));
    assertEquals(readFile(`${folder}/file`, 100), new Uint8Array([1, 2]));
  });
});

Deno.test("writeFile says what stands in its way", () => {
  const bytes = new Uint8Array(1);
  inTempFolder((folder) => {
    const message = (path: string) =>
      assertThrows(() => asNobody(() => writeFile(path, bytes)), SystemCallError).message;
    assertEquals(message(folder), `open ${folder} failed: EISDIR; it is a directory`);
    assertEquals(
      message(`${folder}/file`),
      `open ${folder}/file failed: EACCES; permissions forbid writing it`,
    );
    assertEquals(
      message("/nowhere/file"),
      "open /nowhere/file failed: ENOENT; there is no such folder",
    );
    assertEquals(message("/dev/full"), "write /dev/full failed: ENOSPC; the disk is full");
  });
});
