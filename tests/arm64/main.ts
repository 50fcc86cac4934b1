/**
 * `deno task arm64 -- COMMAND...`: runs any command on arm64 Linux with KVM, the project at hand.
 *
 * On an arm64 host with a usable /dev/kvm it simply runs there. Anywhere else it runs in the ARM
 * box, on a copy of the project: what it changes there is gone afterwards.
 *
 * @module
 */

import { PROJECT, runInBox } from "./box.ts";
import type { Drive } from "./drives.ts";
import { onSignals } from "./signals.ts";

/** Where the box has files of the host: /tmp and the like are mounted over there. */
const COPIES = "/host";
/** What a shell reports for a program that it does not find. */
const NOT_FOUND = 127;

/**
 * Runs a command with this process's input and outputs; returns its exit code.
 *
 * @param files Words of the command that are paths of this host: in the box, copies stand for them.
 * @param drives Those of the box, if it takes one.
 */
export async function runOnArm64(
  command: string[],
  files: string[] = [],
  drives: Drive[] = [],
): Promise<number> {
  if (hasArm64Kvm()) return await runHere(command);
  const streams = [Deno.stdin, Deno.stdout, Deno.stderr];
  const terminal = streams.every((stream) => stream.isTerminal());
  try {
    const words = command.map((word) => files.includes(word) ? COPIES + word : word);
    const copies = Object.fromEntries(files.map((path) => [COPIES + path, path]));
    const options = { command: words, terminal, files: copies, drives };
    return (await runInBox({ ...options, stdin: "inherit" })).code;
  } catch (error) {
    console.error(`ARM box: ${error instanceof Error ? error.message : error}`);
    return 1;
  }
}

/** Whether this host is what the box stands for. */
export function hasArm64Kvm(): boolean {
  if (Deno.build.arch !== "aarch64" || Deno.build.os !== "linux") return false;
  try {
    Deno.openSync("/dev/kvm", { read: true, write: true }).close();
    return true;
  } catch {
    return false;
  }
}

/** Runs a command on this host. */
async function runHere([program = "", ...args]: string[]): Promise<number> {
  try {
    const child = new Deno.Command(program, { args, cwd: PROJECT }).spawn();
    using _ = onSignals((_, name) => child.kill(name));
    return (await child.status).code;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.error(`${program}: not found`);
    return NOT_FOUND;
  }
}

/** The arguments of this task; `deno task` hands on the "--" before them. */
export function taskArguments(): string[] {
  return Deno.args[0] === "--" ? Deno.args.slice(1) : Deno.args;
}

if (import.meta.main) {
  const command = taskArguments();
  if (command.length === 0) {
    console.error("usage: deno task arm64 -- COMMAND...   (in a terminal, Ctrl-] ends the box)");
    Deno.exit(2);
  }
  Deno.exit(await runOnArm64(command));
}
