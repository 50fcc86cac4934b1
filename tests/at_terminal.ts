/** Starts the command at a terminal, as a person does. */

import { fromFileUrl } from "@std/path";
import type { PseudoTerminal } from "./pseudo_terminal.ts";
import { RunningCommand } from "./running_command.ts";

const MAIN = fromFileUrl(new URL("../main.ts", import.meta.url));

/** Starts the command in a session of its own, whose terminal and input is this one. */
export function startAt(terminal: PseudoTerminal, ...args: string[]): RunningCommand {
  const script = `terminal=$1; shift; exec setsid -c "$@" <"$terminal"`;
  const command = [Deno.execPath(), "run", "--allow-ffi", "--no-prompt", MAIN, ...args];
  return new RunningCommand(
    new Deno.Command("sh", {
      args: ["-c", script, "sh", terminal.path, ...command],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    }),
  );
}
