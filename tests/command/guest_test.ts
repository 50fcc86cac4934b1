/** Tests reading the guest's file. */

import { assertEquals, assertThrows } from "@std/assert";
import { GuestFileError } from "../../boot/guest_file.ts";
import { readGuest } from "../../command/guest.ts";
import { SystemCallError } from "../../kvm/errno.ts";
import { inTempFolder } from "../temp_folder.ts";

/** Calls `fn` with the path of a file of that many bytes. */
function withGuest(length: number, fn: (path: string) => void): void {
  inTempFolder((folder) => {
    Deno.writeFileSync(`${folder}/guest.bin`, new Uint8Array(length).fill(1));
    fn(`${folder}/guest.bin`);
  });
}

Deno.test("readGuest reads a file as large as the guest's memory", () => {
  withGuest(4096, (path) => assertEquals(readGuest(path, 4096).length, 4096));
});

Deno.test("readGuest refuses a file that is one byte larger", () => {
  withGuest(4097, (path) => {
    const error = assertThrows(() => readGuest(path, 4096), GuestFileError);
    assertEquals(
      error.message,
      `${path} is larger than the guest's memory of 4096 bytes; give it more with --memory`,
    );
  });
});

Deno.test("readGuest goes by 1 MiB unless told otherwise", () => {
  withGuest(2 ** 20 + 1, (path) => assertThrows(() => readGuest(path), GuestFileError, "1048576"));
});

Deno.test("readGuest refuses an empty file", () => {
  withGuest(0, (path) => assertThrows(() => readGuest(path), GuestFileError, "is empty"));
});

Deno.test("readGuest says that a file is missing", () => {
  assertThrows(() => readGuest("/nowhere/guest.bin"), SystemCallError, "ENOENT");
});
