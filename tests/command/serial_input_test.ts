/** Tests which keys are commands, and which are the guest's. */

import { assertEquals } from "@std/assert";
import { KeyFilter } from "../../command/serial_input.ts";

/** What the guest gets of keys, and what is done, when they arrive in these pieces. */
function typed(...pieces: string[]): { guest: string; done: string[] } {
  const done: string[] = [];
  const filter = new KeyFilter({
    exit: () => done.push("exit"),
    powerKey: () => done.push("powerKey"),
    statistics: () => done.push("statistics"),
    help: () => done.push("help"),
  });
  let guest = "";
  for (const piece of pieces) {
    const bytes = new TextEncoder().encode(piece);
    guest += new TextDecoder().decode(bytes.subarray(0, filter.filter(bytes)));
  }
  return { guest, done };
}

Deno.test("KeyFilter gives the guest every other key", () => {
  const keys = "\x00\x03\x04\x1b[A x幽兰\r\n\x7f";
  assertEquals(typed(keys), { guest: keys, done: [] });
});

Deno.test("KeyFilter knows the keys after Ctrl-A, and keeps them", () => {
  const { guest, done } = typed("a\x01xb\x01pc\x01sd\x01?e\x01hf");
  assertEquals(guest, "abcdef");
  assertEquals(done, ["exit", "powerKey", "statistics", "help", "help"]);
});

Deno.test("KeyFilter makes one Ctrl-A of two", () => {
  assertEquals(typed("\x01\x01"), { guest: "\x01", done: [] });
  assertEquals(typed("\x01\x01x"), { guest: "\x01x", done: [] });
});

Deno.test("KeyFilter gives the guest what means nothing after Ctrl-A", () => {
  assertEquals(typed("\x01q"), { guest: "q", done: [] });
});

Deno.test("KeyFilter remembers Ctrl-A from one piece to the next", () => {
  assertEquals(typed("a\x01", "x", "b\x01", "\x01"), { guest: "ab\x01", done: ["exit"] });
});
