/** Carries bytes through Linux's serial port in both directions, none of them lost or out of order. */

import { assertEquals } from "@std/assert";
import { orchidCommand } from "../orchid_command.ts";
import { within } from "../within.ts";
import { readBytes, untilReady } from "./pipe.ts";
import { linuxArguments, linuxTest } from "./session.ts";

const SIZE = 256 * 1024;
/** Longer than that takes in an emulated box on a busy host, in seconds: each byte is two exits. */
const LIMIT = 600;

/** Tells whether bytes were lost, came twice or are others, from the first wrong one on. */
function whatWentWrong(input: Uint8Array, output: Uint8Array, wrong: number): string {
  const near = (bytes: Uint8Array) => bytes.slice(Math.max(wrong - 4, 0), wrong + 12).toHex();
  // Far enough behind it that all is well again.
  const later = output.slice(wrong + 64, wrong + 80).toHex();
  const found = Array.from({ length: 1024 }, (_, i) => i - 512)
    .find((shift) => input.slice(wrong + 64 + shift, wrong + 80 + shift).toHex() === later);
  return `byte ${wrong} is another one: ${near(output)} instead of ${near(input)}; ` +
    (found === undefined ? "no more is right" : `64 bytes on the input is ${found} bytes ahead`);
}

linuxTest("Linux gives 256 KiB from a pipe back, byte by byte", async () => {
  const input = new Uint8Array(SIZE);
  for (let i = 0; i < SIZE; i += 65536) crypto.getRandomValues(input.subarray(i, i + 65536));
  const script = `stty raw -echo; echo -e 'ready\\r'; head -c ${SIZE}; sleep 1; poweroff -f`;
  const append = `quiet orchid.run="${script}"`;
  const child = orchidCommand(linuxArguments([], append), { stdin: "piped" }).spawn();
  const reader = child.stdout.getReader();
  const rest = await within(LIMIT, "the guest", untilReady(reader));
  const writer = child.stdin.getWriter();
  const written = writer.write(input);
  const output = await within(LIMIT, "all bytes", readBytes(reader, rest, SIZE));
  await written;
  await writer.close();
  assertEquals(output.length, SIZE);
  const wrong = output.findIndex((byte, i) => byte !== input[i]);
  assertEquals(wrong, -1, wrong < 0 ? "" : whatWentWrong(input, output, wrong));
  // The kernel has a last word.
  while (!(await reader.read()).done);
  await child.stderr.cancel();
  assertEquals((await within(LIMIT, "the end", child.status)).code, 0);
});
