/** Starts the command as a user does, in a process of its own. */

import { fromFileUrl } from "@std/path";

const MAIN = fromFileUrl(new URL("../main.ts", import.meta.url));

/** How a process ended, and what it said. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What is not as usual about a process. */
export interface Setting {
  /** Deno's own options; `--allow-ffi` unless given. */
  readonly permissions?: readonly string[];
  /** The working directory. */
  readonly cwd?: string;
  /** Its input; at the end at once unless given. */
  readonly stdin?: "piped" | "null";
}

/** The command with these arguments. */
export function orchidCommand(args: readonly string[], setting: Setting = {}): Deno.Command {
  const { permissions = ["--allow-ffi"], cwd, stdin = "null" } = setting;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...permissions, MAIN, ...args],
    cwd,
    stdin,
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
  });
}

/** Runs the command to its end. */
export async function orchid(args: readonly string[], setting?: Setting): Promise<Outcome> {
  return outcome(await orchidCommand(args, setting).output());
}

/** A process's outcome as text. */
export function outcome({ code, stdout, stderr }: Deno.CommandOutput): Outcome {
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** The path of a guest in guests/. */
export function guestPath(name: string): string {
  return fromFileUrl(new URL(`../guests/${name}.bin`, import.meta.url));
}
