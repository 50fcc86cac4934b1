/** A guest's end in words and as an exit code. */

import { describeCrash } from "../machine/crash.ts";
import type { End } from "../machine/end.ts";
import { hex } from "../machine/esr.ts";
import { say } from "./say.ts";
import type { StopReason } from "./stop.ts";

/** The command's exit codes. */
export const ExitCode = {
  ok: 0,
  failure: 1,
  usage: 2,
  crash: 3,
  timeout: 124,
  signal: 128,
} as const;

/**
 * Says how the guest ended, if not as it wished to.
 *
 * @param pc Where the guest was.
 * @returns The exit code.
 */
export function report(end: End, pc: bigint): number {
  switch (end.kind) {
    case "crash":
      say(`the guest crashed. ${describeCrash(end.crash)}`);
      return ExitCode.crash;
    case "aborted":
      return reportStop(end.reason as StopReason, pc);
    default:
      return ExitCode.ok;
  }
}

function reportStop(reason: StopReason, pc: bigint): number {
  if (reason.kind === "key") return ExitCode.ok;
  if (reason.kind === "timeout") {
    say(`--timeout ran out after ${reason.milliseconds / 1000} s; the guest was at PC ${hex(pc)}`);
    return ExitCode.timeout;
  }
  say(`ended by ${reason.name}; the guest was at PC ${hex(pc)}`);
  return ExitCode.signal + reason.number;
}
