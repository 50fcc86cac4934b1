/** `deno task linux` as its users start it. */

import { fromFileUrl } from "@std/path";
import { RunningCommand } from "../running_command.ts";

const LINUX = fromFileUrl(new URL("../../tools/linux.ts", import.meta.url));

/** Starts it with these options of Orchid's; what they name is looked for in `folder`. */
export function linuxTask(folder: string, ...options: string[]): RunningCommand {
  return new RunningCommand(
    new Deno.Command(Deno.execPath(), {
      args: ["run", "--allow-all", LINUX, ...options],
      env: { INIT_CWD: folder },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }),
  );
}
