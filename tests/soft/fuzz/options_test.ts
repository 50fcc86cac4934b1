/** Tests the arguments of `deno task fuzz:soft`. */

import { assertEquals, assertThrows } from "@std/assert";
import { FuzzUsageError, parseFuzzOptions } from "./options.ts";

Deno.test("parseFuzzOptions takes numbers", () => {
  const options = parseFuzzOptions(["--", "--seed", "5", "--first", "7", "--count", "9"]);
  assertEquals([options.seed, options.first, options.count], [5, 7, 9]);
});

Deno.test("parseFuzzOptions compares 100000 sequences unless told", () => {
  const { count, seconds, engines } = parseFuzzOptions([]);
  assertEquals([count, seconds, engines], [100_000, Infinity, ["usual", "translated"]]);
});

Deno.test("parseFuzzOptions has no end of sequences when there is one of time", () => {
  const { count, seconds } = parseFuzzOptions(["--for", "60"]);
  assertEquals([count, seconds], [Infinity, 60]);
});

for (const args of [["--seed", "x"], ["--engine", "steam"], ["--what"], ["file"]]) {
  Deno.test(`parseFuzzOptions refuses ${args.join(" ")}`, () => {
    assertThrows(() => parseFuzzOptions(args), FuzzUsageError);
  });
}
