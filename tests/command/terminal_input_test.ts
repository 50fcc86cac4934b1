/** Tests standard input for a guest; terminal_test.ts does so with a real terminal. */

import { assertEquals } from "@std/assert";
import { TerminalInput } from "../../command/terminal_input.ts";
import { withStdin } from "../standard_streams.ts";

/** All that a guest reads of an input, a string for each read. */
async function reads(isTerminal: boolean, typed: string[]): Promise<(string | null)[]> {
  const all: (string | null)[] = [];
  await withStdin({ isTerminal, typed }, async () => {
    using input = new TerminalInput();
    const room = new Uint8Array(100);
    for (let i = 0; i <= typed.length; i++) {
      const length = await input.read(room);
      all.push(length === null ? null : new TextDecoder().decode(room.subarray(0, length)));
    }
  });
  return all;
}

/** The calls of setRaw while `fn` uses a terminal. */
async function rawModes(fn: (input: TerminalInput) => Promise<void>): Promise<unknown[]> {
  const calls: unknown[] = [];
  const onSetRaw = (mode: boolean, options?: Deno.SetRawOptions) => calls.push([mode, options]);
  await withStdin({ isTerminal: true, typed: ["a", "b"], onSetRaw }, async () => {
    using input = new TerminalInput();
    await fn(input);
  });
  return calls;
}

Deno.test("TerminalInput gives what a pipe holds as it is", async () => {
  assertEquals(await reads(false, ["a\r\n\x04b"]), ["a\r\n\x04b", null]);
});

Deno.test("TerminalInput gives keys as they are typed", async () => {
  assertEquals(await reads(true, ["a", "bc"]), ["a", "bc", null]);
});

Deno.test("TerminalInput takes Enter for a newline", async () => {
  assertEquals(await reads(true, ["a\rb\r"]), ["a\nb\n", null]);
});

Deno.test("TerminalInput takes Ctrl-D for the end, for good", async () => {
  assertEquals(await reads(true, ["\x04", "more"]), [null, null, null]);
});

Deno.test("TerminalInput gives what was typed before Ctrl-D", async () => {
  assertEquals(await reads(true, ["ab\x04cd", "more"]), ["ab", null, null]);
});

Deno.test("TerminalInput leaves the terminal alone until something is read", async () => {
  assertEquals(await rawModes(() => Promise.resolve()), []);
});

Deno.test("TerminalInput sets the terminal once, with Ctrl-C a signal still, and back", async () => {
  const calls = await rawModes(async (input) => {
    await input.read(new Uint8Array(1));
    await input.read(new Uint8Array(1));
  });
  assertEquals(calls, [[true, { cbreak: true }], [false, undefined]]);
});

Deno.test("TerminalInput leaves a pipe's mode alone", async () => {
  const calls: boolean[] = [];
  const onSetRaw = (mode: boolean) => void calls.push(mode);
  await withStdin({ isTerminal: false, typed: ["a"], onSetRaw }, async () => {
    using input = new TerminalInput();
    await input.read(new Uint8Array(1));
  });
  assertEquals(calls, []);
});
