/** Tests reading the guest's file. */

import { assertEquals, assertRejects } from "@std/assert";
import { GuestFileError } from "../../boot/guest_file.ts";
import { type Guest, openGuest, type Place, readGuest } from "../../command/guest.ts";
import { guestNames } from "../../guests/build.ts";
import { OWN_GUESTS } from "../../guests/own.ts";
import { SystemCallError } from "../../kvm/errno.ts";
import { elfFile } from "../elf_file.ts";
import { guestCode } from "../guest_run.ts";
import { TempFolder } from "../temp_folder.ts";

/** A file that is gone when it is disposed of. */
class TempFile extends TempFolder {
  readonly file = `${this.path}/guest.bin`;

  constructor(bytes: Uint8Array) {
    super();
    Deno.writeFileSync(this.file, bytes);
  }
}

/** Reads the guest of that name. */
async function read({ guest, ...place }: Place & { guest: string }): Promise<Guest> {
  return readGuest(await openGuest(guest), place);
}

const ones = (length: number) => new Uint8Array(length).fill(1);

Deno.test("readGuest reads a file as large as the guest's memory", async () => {
  using temp = new TempFile(ones(4096));
  const { program } = await read({ guest: temp.file, memory: 4096 });
  assertEquals(program.length, 4096);
});

Deno.test("readGuest refuses a file that is one byte larger", async () => {
  using temp = new TempFile(ones(4097));
  const options = { guest: temp.file, memory: 4096 };
  const { message } = await assertRejects(() => read(options), GuestFileError);
  assertEquals(
    message,
    `${temp.file} is larger than the guest's memory of 4096 bytes; give it more with --memory`,
  );
});

Deno.test("readGuest goes by 1 MiB unless told otherwise", async () => {
  using temp = new TempFile(ones(2 ** 20 + 1));
  await assertRejects(() => read({ guest: temp.file }), GuestFileError, "1048576");
});

Deno.test("readGuest refuses an empty file", async () => {
  using temp = new TempFile(ones(0));
  await assertRejects(() => read({ guest: temp.file }), GuestFileError, "is empty");
});

Deno.test("readGuest says that a file is missing", async () => {
  const missing = { guest: "/nowhere/guest.bin" };
  await assertRejects(() => read(missing), SystemCallError, "ENOENT");
});

Deno.test("readGuest leaves a flat binary's place to the command line", async () => {
  using temp = new TempFile(ones(16));
  const place = { loadAddress: 0x2_0000, entry: 0x2_0004 };
  assertEquals(await read({ guest: temp.file, ...place }), { program: ones(16), ...place });
});

Deno.test("readGuest reads an ELF file that is larger than the guest's memory", async () => {
  const segments = [{ address: 0x1_0000, bytes: ones(8) }];
  // As with debug information, which stays in the file.
  const file = [...elfFile({ entry: 0x1_0004, segments }), ...ones(5000)];
  using temp = new TempFile(new Uint8Array(file));
  const options = { guest: temp.file, memory: 4096 };
  const expected = { program: ones(8), loadAddress: 0x1_0000, entry: 0x1_0004 };
  assertEquals(await read(options), expected);
  const { entry } = await read({ ...options, entry: 0x1_0000 });
  assertEquals(entry, 0x1_0000);
});

Deno.test("readGuest knows Orchid's own guests by their names, and all of them", async () => {
  assertEquals([...OWN_GUESTS].sort(), guestNames(".bin"));
  for (const name of OWN_GUESTS) {
    const { program } = await read({ guest: name });
    assertEquals(new Uint8Array(program), guestCode(name), name);
  }
});

Deno.test("readGuest takes a name that every object has for a file's", async () => {
  await assertRejects(() => read({ guest: "constructor" }), SystemCallError, "ENOENT");
});
