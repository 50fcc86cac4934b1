/** Tests the exit codes, and the words for each end. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { ExitCode, report } from "../../command/report.ts";
import type { StopReason } from "../../command/stop.ts";
import type { Crash } from "../../machine/crash.ts";
import type { End } from "../../machine/end.ts";
import { captureStderr } from "../standard_streams.ts";

/** The exit code for an end, and what is said of it. */
function reported(end: End): [code: number, words: string] {
  let code = NaN;
  const words = captureStderr(() => code = report(end, 0x1_0004n));
  return [code, words];
}

const aborted = (reason: StopReason): End => ({ kind: "aborted", reason });

for (const kind of ["shutdown", "reset", "end-of-code", "newline"] as const) {
  Deno.test(`report gives 0 for ${kind} and says nothing`, () => {
    assertEquals(reported({ kind }), [0, ""]);
  });
}

Deno.test("report gives 3 for a crash and describes it", () => {
  const x = new Array<bigint>(31).fill(0n);
  const crash: Crash = {
    ...{ esr: 0xf200_0996n, elr: 0x1_0000n, far: 0n, spsr: 0x3c5n, pc: 0xf200n },
    ...{ spEl0: 0n, spEl1: 0x11_0000n, x, vector: 4 },
  };
  const [code, words] = reported({ kind: "crash", crash });
  assertEquals(code, 3);
  assertStringIncludes(words, "the guest crashed. BRK: #0x996, at PC 0x10000\n");
});

Deno.test("report gives 124 for a timeout and says where the guest was", () => {
  assertEquals(reported(aborted({ kind: "timeout", milliseconds: 500 })), [
    124,
    "orchid: --timeout ran out after 0.5 s; the guest was at PC 0x10004\n",
  ]);
});

const signals = [["SIGHUP", 1, 129], ["SIGINT", 2, 130], ["SIGTERM", 15, 143]] as const;
for (const [name, number, expected] of signals) {
  Deno.test(`report gives ${expected} for ${name}`, () => {
    assertEquals(reported(aborted({ kind: "signal", name, number })), [
      expected,
      `orchid: ended by ${name}; the guest was at PC 0x10004\n`,
    ]);
  });
}

Deno.test("ExitCode has the codes of the help text", () => {
  assertEquals(ExitCode, { ok: 0, failure: 1, usage: 2, crash: 3, timeout: 124, signal: 128 });
});
