/** A Linux in the virt machine, and a person at its terminal. */

import { startAt } from "../at_terminal.ts";
import type { Outcome } from "../orchid_command.ts";
import { PseudoTerminal } from "../pseudo_terminal.ts";
import type { RunningCommand } from "../running_command.ts";
import { hasKvm, testsThatNeed } from "../test_case.ts";

/** The files of tools/linux_image.ts, which `deno task test:arm64` brings along. */
const KERNEL = Deno.env.get("ORCHID_TEST_KERNEL");
export const INITRD = Deno.env.get("ORCHID_TEST_INITRD");

/** An archive with mke2fs and e2fsck, from there as well. */
export const E2FSPROGS = Deno.env.get("ORCHID_TEST_E2FSPROGS");

/** Registers a test that boots Linux. */
export const linuxTest = testsThatNeed(
  "arm64 Linux with /dev/kvm, and the kernel of deno task test:arm64",
  hasKvm && Boolean(KERNEL) && Boolean(INITRD),
);

/**
 * The arguments of the command that boot the Linux.
 *
 * @param options More of them.
 * @param append More on the kernel's command line.
 * @param initrd An archive in place of the usual one.
 */
export function linuxArguments(
  options: string[] = [],
  append = "quiet",
  initrd = INITRD!,
): string[] {
  const commandLine = `console=ttyAMA0 panic=-1 ${append}`;
  return ["--initrd", initrd, "--append", commandLine, ...options, KERNEL!];
}

/** The shell's prompt. */
const PROMPT = "orchid:~#";

/** A session from the boot on. */
export class LinuxSession implements Disposable {
  readonly terminal = new PseudoTerminal();
  readonly #running: RunningCommand;
  #commands = 0;

  private constructor(
    options: string[],
    append?: string,
    prepare?: (terminal: PseudoTerminal) => void,
  ) {
    this.terminal.makeUnusual();
    prepare?.(this.terminal);
    this.#running = startAt(this.terminal, ...linuxArguments(options, append));
  }

  /** Boots to the shell's prompt. @param prepare Is given the terminal first. */
  static async start(
    options: string[] = [],
    append?: string,
    prepare?: (terminal: PseudoTerminal) => void,
  ): Promise<LinuxSession> {
    const session = new LinuxSession(options, append, prepare);
    await session.hasPrinted(PROMPT);
    return session;
  }

  /** Runs a command of the shell, and gives what it printed. */
  async run(command: string): Promise<string> {
    const mark = `<${++this.#commands}>`;
    const before = this.#running.printed.length;
    // What is typed is shown as well: there the mark has quotes in it.
    this.terminal.type(`${command}; echo "<"${this.#commands}">"\r`);
    await this.hasPrinted(mark);
    const [, output = ""] = this.#running.printed.slice(before).split(`">"\r\n`);
    return output.slice(0, output.indexOf(mark)).replaceAll("\r", "");
  }

  /** Types. */
  type(keys: string): void {
    this.terminal.type(keys);
  }

  /** Resolves when the guest has printed these words. */
  async hasPrinted(words: string): Promise<void> {
    await this.#running.hasPrinted(words);
  }

  /** Resolves when the command has said these words. */
  async hasSaid(words: string): Promise<void> {
    await this.#running.hasSaid(words);
  }

  /** Sends the command a signal. */
  kill(signal: Deno.Signal): void {
    this.#running.kill(signal);
  }

  /** Waits for the command's end. */
  async end(): Promise<Outcome> {
    return await this.#running.end();
  }

  [Symbol.dispose](): void {
    this.terminal[Symbol.dispose]();
  }
}
