/** Tests which ends are clean. */

import { assertEquals } from "@std/assert";
import type { Crash } from "../../machine/crash.ts";
import { type End, isClean } from "../../machine/end.ts";

const crash: Crash = { esr: 0n, elr: 0n, far: 0n, spsr: 0n, pc: 0n, spEl0: 0n, spEl1: 0n, x: [] };

const ends: [end: End, clean: boolean][] = [
  [{ kind: "shutdown" }, true],
  [{ kind: "reset" }, true],
  [{ kind: "end-of-code" }, true],
  [{ kind: "newline" }, true],
  [{ kind: "crash", crash }, false],
  [{ kind: "aborted", reason: undefined }, false],
];

for (const [end, clean] of ends) {
  Deno.test(`isClean is ${clean} for ${end.kind}`, () => {
    assertEquals(isClean(end), clean);
  });
}
