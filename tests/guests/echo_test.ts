/** Runs the guest that prints its input. */

import { assertEquals } from "@std/assert";
import type { Reader, System } from "../../mod.ts";
import { guestCode, runGuest } from "../guest_run.ts";
import { blocks, bytesOf } from "../streams.ts";
import { acrossAccelerators } from "../soft/accelerators.ts";

/** What echo makes of an input. */
async function echo(system: System, input: Reader): Promise<Uint8Array> {
  const { bytes, end } = await runGuest(system, guestCode("echo"), { input });
  assertEquals(end.kind, "shutdown");
  return bytes;
}

/** Several blocks of the console. In the emulated box, where a byte takes 0.3 ms, a part of one. */
const LENGTH = Deno.env.has("ORCHID_BOX") ? 16 * 1024 : 256 * 1024;

/** Many bytes in a few, for a message that can be read. */
async function digest(bytes: Uint8Array): Promise<[length: number, sha256: string]> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes)));
  return [bytes.length, hash.toHex()];
}

/** Random bytes. */
function random(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  // Web Crypto gives no more at once.
  for (let at = 0; at < length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return bytes;
}

acrossAccelerators("echo prints a line", async (system) => {
  assertEquals(await echo(system, blocks(bytesOf("Hello\n"))), bytesOf("Hello\n"));
});

acrossAccelerators("echo prints nothing for no input", async (system) => {
  assertEquals(await echo(system, blocks()), new Uint8Array());
});

acrossAccelerators("echo prints every value of a byte", async (system) => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i);
  assertEquals(await echo(system, blocks(all)), all);
});

acrossAccelerators(
  "echo prints zero bytes at the start, in a row, and at the end",
  async (system) => {
    const zeroes = new Uint8Array([0, 0, 1, 0, 0, 0, 2, 0]);
    assertEquals(await echo(system, blocks(zeroes)), zeroes);
  },
);

acrossAccelerators("echo prints input that comes byte by byte", async (system) => {
  const pieces = [..."a slow typist\0"].map(bytesOf);
  assertEquals(await echo(system, blocks(...pieces)), bytesOf("a slow typist\0"));
});

acrossAccelerators("echo prints input that comes late", async (system) => {
  const inner = blocks(bytesOf("first "), bytesOf("second"));
  const late: Reader = {
    read: async (room) => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      return await inner.read(room);
    },
  };
  assertEquals(await echo(system, late), bytesOf("first second"));
});

acrossAccelerators("echo takes an input that fails for one that is over", async (system) => {
  assertEquals(
    await echo(system, { read: () => Promise.reject(new Error("gone")) }),
    new Uint8Array(),
  );
});

acrossAccelerators("echo prints as many random bytes as they are", async (system) => {
  const input = random(LENGTH);
  assertEquals(await digest(await echo(system, blocks(input))), await digest(input));
});
