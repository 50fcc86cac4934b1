/** Tests reading the guest's file. */

import { assertEquals, assertThrows } from "@std/assert";
import { GuestFileError } from "../../boot/guest_file.ts";
import { readGuest } from "../../command/guest.ts";
import { SystemCallError } from "../../kvm/errno.ts";
import { elfFile } from "../elf_file.ts";
import { inTempFolder } from "../temp_folder.ts";

/** Calls `fn` with the path of a file of that many bytes. */
function withGuest(length: number, fn: (path: string) => void): void {
  inTempFolder((folder) => {
    Deno.writeFileSync(`${folder}/guest.bin`, new Uint8Array(length).fill(1));
    fn(`${folder}/guest.bin`);
  });
}

Deno.test("readGuest reads a file as large as the guest's memory", () => {
  withGuest(
    4096,
    (path) => assertEquals(readGuest({ guest: path, memory: 4096 }).program.length, 4096),
  );
});

Deno.test("readGuest refuses a file that is one byte larger", () => {
  withGuest(4097, (path) => {
    const error = assertThrows(() => readGuest({ guest: path, memory: 4096 }), GuestFileError);
    assertEquals(
      error.message,
      `${path} is larger than the guest's memory of 4096 bytes; give it more with --memory`,
    );
  });
});

Deno.test("readGuest goes by 1 MiB unless told otherwise", () => {
  withGuest(
    2 ** 20 + 1,
    (path) => assertThrows(() => readGuest({ guest: path }), GuestFileError, "1048576"),
  );
});

Deno.test("readGuest refuses an empty file", () => {
  withGuest(
    0,
    (path) => assertThrows(() => readGuest({ guest: path }), GuestFileError, "is empty"),
  );
});

Deno.test("readGuest says that a file is missing", () => {
  assertThrows(() => readGuest({ guest: "/nowhere/guest.bin" }), SystemCallError, "ENOENT");
});

Deno.test("readGuest reads an ELF file that is larger than the guest's memory", () => {
  inTempFolder((folder) => {
    const path = `${folder}/guest.elf`;
    const bytes = new Uint8Array(8).fill(7);
    const file = elfFile({ entry: 0x1_0004, segments: [{ address: 0x1_0000, bytes }] });
    // As with debug information, which stays in the file.
    Deno.writeFileSync(path, new Uint8Array([...file, ...new Uint8Array(5000)]));
    const expected = { program: bytes, loadAddress: 0x1_0000, entry: 0x1_0004 };
    assertEquals(readGuest({ guest: path, memory: 4096 }), expected);
    assertEquals(readGuest({ guest: path, memory: 4096, entry: 0x1_0000 }).entry, 0x1_0000);
  });
});

Deno.test("readGuest leaves a flat binary's place to the command line", () => {
  withGuest(16, (path) => {
    const { loadAddress, entry } = readGuest({
      guest: path,
      loadAddress: 0x2_0000,
      entry: 0x2_0004,
    });
    assertEquals([loadAddress, entry], [0x2_0000, 0x2_0004]);
  });
});
