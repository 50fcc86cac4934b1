/** Tests reading files through libc. */

import { assertEquals, assertThrows } from "@std/assert";
import { SystemCallError } from "../../kvm/errno.ts";
import { readFile } from "../../kvm/file.ts";
import { asNobody } from "../nobody.ts";
import { openFiles } from "../open_files.ts";
import { inTempFolder } from "../temp_folder.ts";

/** A file of these bytes, for as long as `fn` runs. */
function withFile(bytes: Uint8Array, fn: (path: string) => void): void {
  inTempFolder((folder) => {
    const path = `${folder}/file`;
    Deno.writeFileSync(path, bytes);
    fn(path);
  });
}

Deno.test("readFile reads a file", () => {
  withFile(new Uint8Array([1, 2, 3]), (path) => {
    assertEquals(readFile(path, 100), new Uint8Array([1, 2, 3]));
  });
});

Deno.test("readFile reads an empty file", () => {
  withFile(new Uint8Array(), (path) => assertEquals(readFile(path, 100).length, 0));
});

Deno.test("readFile reads a file of several chunks", () => {
  const bytes = new Uint8Array(200_001).map((_, i) => i * 7 + (i >> 8));
  withFile(bytes, (path) => assertEquals(readFile(path, 1_000_000), bytes));
});

Deno.test("readFile reads a file as long as the limit whole", () => {
  withFile(new Uint8Array(4096), (path) => assertEquals(readFile(path, 4096).length, 4096));
});

Deno.test("readFile gives one byte more than the limit of a longer file", () => {
  withFile(new Uint8Array(5000), (path) => assertEquals(readFile(path, 4096).length, 4097));
});

Deno.test("readFile comes back from a file without an end", () => {
  assertEquals(readFile("/dev/zero", 100_000).length, 100_001);
});

Deno.test("readFile reads a name with letters beyond ASCII", () => {
  inTempFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/幽兰.bin`, "x");
    assertEquals(readFile(`${folder}/幽兰.bin`, 10).length, 1);
  });
});

Deno.test("readFile says that a file is missing", () => {
  const error = assertThrows(() => readFile("/nowhere/file", 10), SystemCallError);
  assertEquals(error.message, "open /nowhere/file failed: ENOENT; there is no such file");
});

Deno.test("readFile says that a path is a directory", () => {
  const error = assertThrows(() => readFile("/tmp", 10), SystemCallError);
  assertEquals(error.message, "read /tmp failed: EISDIR; it is a directory");
});

Deno.test("readFile says that a part of the path is not a directory", () => {
  const error = assertThrows(() => readFile("/dev/null/file", 10), SystemCallError);
  assertEquals(
    error.message,
    "open /dev/null/file failed: ENOTDIR; a part of the path is not a directory",
  );
});

Deno.test("readFile says that permissions forbid it", () => {
  withFile(new Uint8Array(1), (path) => {
    Deno.chmodSync(path, 0o000);
    const error = assertThrows(() => asNobody(() => readFile(path, 10)), SystemCallError);
    assertEquals(error.message, `open ${path} failed: EACCES; its permissions forbid reading it`);
  });
});

Deno.test("readFile leaves no file open", () => {
  const before = openFiles();
  withFile(new Uint8Array(10), (path) => readFile(path, 100));
  assertThrows(() => readFile("/tmp", 10), SystemCallError);
  assertEquals(openFiles(), before);
});
