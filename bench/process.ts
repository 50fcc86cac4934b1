/** Runs whole processes to their end, and tells what each took. */

/** What a process took from start to end. */
export interface Sample {
  readonly seconds: number;
  /** User and system time, in seconds. */
  readonly cpu: number;
  /** The most memory it had, in MiB. */
  readonly peak: number;
}

/** What is measured did not do what it should. */
export class BenchmarkError extends Error {
  override name = "BenchmarkError";
}

/** Runs a command. @throws {BenchmarkError} if it fails. */
async function execute(
  command: readonly string[],
  stdout: "piped" | "null",
): Promise<Deno.CommandOutput> {
  const [program = "", ...args] = command;
  const options = { args, stdin: "null", stdout, stderr: "piped" } as const;
  const output = await new Deno.Command(program, options).output();
  if (output.success) return output;
  throw new BenchmarkError(`${command.join(" ")} failed\n${text(output.stderr).trim()}`);
}

function text(bytes: Uint8Array): string {
  // A serial port is a terminal to QEMU: it ends lines as terminals do.
  return new TextDecoder().decode(bytes).replaceAll("\r\n", "\n");
}

/** What a command prints. @throws {BenchmarkError} if it fails. */
export async function outputOf(command: readonly string[]): Promise<string> {
  return text((await execute(command, "piped")).stdout);
}

/**
 * Runs a command that tells on stderr what it took, and drops what it prints.
 *
 * @returns The `count` numbers in the last line.
 * @throws {BenchmarkError} if it fails, or tells less.
 */
export async function figuresOf(command: readonly string[], count: number): Promise<number[]> {
  return figures(text((await execute(command, "null")).stderr), count);
}

/** The numbers in the last line of what something said. @throws {BenchmarkError} if they are fewer than `count`. */
export function figures(said: string, count: number): number[] {
  const line = said.trim().split("\n").at(-1) ?? "";
  const found = line.match(/\d+/g)?.map(Number) ?? [];
  if (found.length < count) throw new BenchmarkError(`no ${count} figures in: ${line}`);
  return found;
}

/**
 * Runs a command through bench/launch.c.
 *
 * @param launch The path of that program.
 * @throws {BenchmarkError} if it fails, or prints anything but `expected`.
 */
export async function sample(
  launch: string,
  command: readonly string[],
  expected: string,
): Promise<Sample> {
  const { stdout, stderr } = await execute([launch, ...command], "piped");
  const printed = text(stdout);
  if (printed !== expected) {
    const both = `${JSON.stringify(printed)}, and not ${JSON.stringify(expected)}`;
    throw new BenchmarkError(`${command.join(" ")} printed ${both}`);
  }
  return taken(text(stderr));
}

/** A sample of a process that printed much, and what it said on stderr. */
export interface LongSample extends Sample {
  readonly said: string;
}

/**
 * Runs a command through bench/launch.c, with its output going to a file, so that nobody else works while it prints.
 *
 * @param launch The path of that program.
 * @throws {BenchmarkError} if it fails, or does not print `expected` among other things.
 */
export async function sampleInto(
  file: string,
  launch: string,
  command: readonly string[],
  expected: string,
): Promise<LongSample> {
  const redirect = ["sh", "-c", 'exec "$@" >"$0"', file];
  const said = text((await execute([...redirect, launch, ...command], "null")).stderr);
  if (!(await Deno.readTextFile(file)).includes(expected)) {
    throw new BenchmarkError(`${command.join(" ")} did not print ${JSON.stringify(expected)}`);
  }
  return { ...taken(said), said };
}

/** What bench/launch.c tells. */
function taken(said: string): Sample {
  const [wall, peak, cpu] = figures(said, 3) as [number, number, number];
  return { seconds: wall / 1e9, cpu: cpu / 1e9, peak: peak / 1024 };
}
