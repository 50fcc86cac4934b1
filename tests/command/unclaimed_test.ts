/** Tests what is told of accesses that no device claims. */

import { assertEquals } from "@std/assert";
import { reportUnclaimed } from "../../command/unclaimed.ts";
import { loadExit, storeExit } from "../mmio.ts";

/** The notes about some accesses. */
function notes(...exits: Parameters<ReturnType<typeof reportUnclaimed>>[0][]): string[] {
  const all: string[] = [];
  const listener = reportUnclaimed({ step() {}, note: (text) => void all.push(text) });
  for (const exit of exits) listener(exit);
  return all;
}

Deno.test("reportUnclaimed tells of a load", () => {
  assertEquals(notes(loadExit(0x2000, 4)), [
    "No device at 0x2000: load from it, 4 bytes, reads as 0",
  ]);
});

Deno.test("reportUnclaimed tells of a store", () => {
  assertEquals(notes(storeExit(0x2000, 8, 1n)), ["No device at 0x2000: store to it, 8 bytes"]);
});

Deno.test("reportUnclaimed tells of an address once", () => {
  assertEquals(notes(loadExit(0x2000, 4), storeExit(0x2000, 1, 0n)).length, 1);
});

Deno.test("reportUnclaimed tells of each address", () => {
  assertEquals(notes(loadExit(0x2000, 4), loadExit(0x2004, 4)).length, 2);
});

Deno.test("reportUnclaimed falls silent after a hundred addresses, and says so once", () => {
  const all = notes(...Array.from({ length: 1000 }, (_, i) => loadExit(0x2000 + 4 * i, 4)));
  assertEquals([all.length, all.at(-1)], [
    101,
    "No device at more than 100 addresses; the others go unmentioned",
  ]);
});
