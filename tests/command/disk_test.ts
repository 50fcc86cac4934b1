/** Tests what `--disk` takes. */

import { assertEquals, assertThrows } from "@std/assert";
import { parseDisks } from "../../command/disk.ts";
import { UsageError } from "../../command/usage.ts";

Deno.test("parseDisks takes a file with flags in any order", () => {
  assertEquals(
    parseDisks("--disk", ["a", "b,ro", "c,serial=x y,ro", "d,serial=12345678901234567890"]),
    [
      { path: "a", readOnly: false },
      { path: "b", readOnly: true },
      { path: "c", readOnly: true, serial: "x y" },
      { path: "d", readOnly: false, serial: "12345678901234567890" },
    ],
  );
});

for (
  const [text, words] of [
    ["", "needs a file"],
    [",ro", "needs a file"],
    ["a,rw", 'has no flag "rw"; there are ro and serial=TEXT'],
    ["a,", 'has no flag ""'],
    ["a,serial=", "1 to 20 bytes, not 0"],
    ["a,serial=123456789012345678901", "1 to 20 bytes, not 21"],
  ] as const
) {
  Deno.test(`parseDisks refuses "${text}"`, () => {
    assertThrows(() => parseDisks("--disk", [text]), UsageError, words);
  });
}

Deno.test("parseDisks refuses ten thousand disks", () => {
  const texts = new Array<string>(10_000).fill("a");
  assertThrows(
    () => parseDisks("--disk", texts),
    UsageError,
    "given 10000 times; the virt machine has room for 32",
  );
});
