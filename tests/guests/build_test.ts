/** The committed guests are what their sources build. */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { guestNames, GUESTS, TEST_GUESTS } from "../../guests/build.ts";
import { assembleFlat } from "../../tools/flat_binary.ts";
import { toolPrefix } from "../../tools/toolchain.ts";
import { guestPath } from "../orchid_command.ts";
import { assemblerTest } from "../toolchain.ts";

/** hello.bin as documented: instruction words, lowest address first. */
const HELLO = [
  0xd28132c4, // mov x4, #0x996
  0xd2800905, // mov x5, #'H'
  0x39000085, // strb w5, [x4]
  0xd2800ca5, // mov x5, #'e'
  0x39000085,
  0xd2800d85, // mov x5, #'l'
  0x39000085,
  0x39000085,
  0xd2800de5, // mov x5, #'o'
  0x39000085,
  0xd2800145, // mov x5, #'\n'
  0x39000085,
];

Deno.test("guests has a .bin for every .s, and nothing else", () => {
  assertEquals(guestNames(".bin"), guestNames(".s"));
});

Deno.test("guests/hello.bin is the twelve instructions and nothing else", () => {
  const bytes = Deno.readFileSync(guestPath("hello"));
  assertEquals(bytes.length, 48);
  const view = new DataView(bytes.buffer);
  assertEquals(HELLO.map((_, i) => view.getUint32(i * 4, true)), HELLO);
});

Deno.test("guests/*.bin are no programs of this host", () => {
  const executable = guestNames(".bin").filter((name) =>
    (Deno.statSync(guestPath(name)).mode ?? 0) & 0o111
  );
  assertEquals(executable, []);
});

for (const source of [...guestNames(".s").map((name) => `${name}.s`), ...TEST_GUESTS]) {
  assemblerTest(`guests/${source} is what the .bin beside it was built from`, async () => {
    const path = join(GUESTS, source);
    const built = await assembleFlat(path, (await toolPrefix("as"))!);
    assertEquals(built, Deno.readFileSync(path.replace(/\.s$/, ".bin")));
  });
}
