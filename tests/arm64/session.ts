/**
 * The traffic between this process and a running box: input, outputs, the terminal, the exit code.
 *
 * @module
 */

import type { BoxOptions, BoxResult } from "./box.ts";
import { copyUntilMark, lines, type Ports, writeAll } from "./ports.ts";
import type { Qemu } from "./qemu.ts";

/** A box that has not come up by then never will, even on a slow and busy host. */
const BOOT_SECONDS = 180;
/** What a shell reports for a program whose reader has gone (SIGPIPE). */
const BROKEN_PIPE = 128 + 13;
/** Ctrl-]: ends a box whose terminal does not answer. */
const ESCAPE = 0x1d;

/** A box that is starting. */
export interface Session {
  ports: Ports;
  qemu: Qemu;
  options: BoxOptions;
  endMark: Uint8Array;
  /** The archives that the box boots into. */
  initramfs: string;
  /** Where to leave what must be undone at the end. */
  undo: AsyncDisposableStack;
}

/** All there is to say from the start of the box to the command's exit code. */
export async function talk(session: Session): Promise<BoxResult> {
  const { ports, qemu, options, endMark } = session;
  const reports = lines(ports.control);
  await untilReady(reports, qemu);
  // It is large, it is loaded, and nobody could remove it if this process were killed.
  await Deno.remove(session.initramfs);
  await sendWindowSize(ports, options.terminal);
  if (options.terminal) useTerminal(session);
  // Goes on until the box ends: a command need not read all its input.
  feed(session).catch(() => {});
  const stdout = new Output(options.stdout === "piped" ? undefined : Deno.stdout);
  const stderr = new Output(options.stderr === "piped" ? undefined : Deno.stderr);
  const copies = options.terminal
    ? [copyUntilMark(ports.terminal, endMark, stdout)]
    : [copyUntilMark(ports.stdout, endMark, stdout), copyUntilMark(ports.stderr, endMark, stderr)];
  const result = (code: number) => ({ code, stdout: stdout.bytes(), stderr: stderr.bytes() });
  try {
    const complete = await Promise.all(copies);
    const { value = "" } = await reports.next();
    const code = /^exit (\d+)$/.exec(value ?? "")?.[1];
    // Something is missing: then QEMU has ended, or is about to.
    if (code === undefined || complete.includes(false)) return await qemu.failure;
    return result(Number(code));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return result(BROKEN_PIPE);
    throw error;
  }
}

/** Waits for the box to say that it is about to start the command. */
async function untilReady(reports: AsyncGenerator<string, void>, qemu: Qemu): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const what = `the box did not come up within ${BOOT_SECONDS} s; is this host very busy?`;
    late.reject(qemu.error(what));
  }, BOOT_SECONDS * 1000);
  try {
    const report = await Promise.race([reports.next(), late.promise, qemu.failure]);
    if (report.value !== "ready") await qemu.failure;
  } finally {
    clearTimeout(timer);
  }
}

/** Sends the command's input; its end reaches the command as the end of the connection. */
async function feed({ ports, options }: Session): Promise<void> {
  const { stdin = "null", terminal } = options;
  const to = terminal ? ports.terminal : ports.stdin;
  if (stdin instanceof Uint8Array) await writeAll(to, stdin);
  if (stdin === "inherit" || terminal) {
    for await (const bytes of Deno.stdin.readable) {
      if (terminal && bytes.includes(ESCAPE)) Deno.kill(Deno.pid, "SIGTERM");
      await writeAll(to, bytes);
    }
  }
  await to.closeWrite();
}

/** Hands every key to the box, and the window's size when it changes. */
function useTerminal({ ports, undo }: Session): void {
  // Deno's setRaw would leave the output to be translated twice, here and in the box.
  const saved = stty("-g").trim();
  undo.defer(() => void stty(saved));
  stty("raw", "-echo");
  const resized = () => void sendWindowSize(ports, true).catch(() => {});
  Deno.addSignalListener("SIGWINCH", resized);
  undo.defer(() => Deno.removeSignalListener("SIGWINCH", resized));
}

/** Asks or tells the terminal that is this process's input. */
function stty(...args: string[]): string {
  const { stdout } = new Deno.Command("stty", { args, stdin: "inherit" }).outputSync();
  return new TextDecoder().decode(stdout);
}

/** Sends what stty is to be told. The command waits for the first time, terminal or not. */
async function sendWindowSize({ control }: Ports, terminal = false): Promise<void> {
  const size = terminal ? Deno.consoleSize() : { rows: 24, columns: 80 };
  await writeAll(control, new TextEncoder().encode(`rows ${size.rows} columns ${size.columns}\n`));
}

/** Takes the bytes of one output: to `stream`, or together for the result. */
class Output {
  #pieces: Uint8Array[] = [];

  constructor(readonly stream?: { write(bytes: Uint8Array): Promise<number> }) {}

  async write(bytes: Uint8Array): Promise<void> {
    if (this.stream) await writeAll(this.stream, bytes);
    else this.#pieces.push(bytes.slice());
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.#pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of this.#pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  }
}
