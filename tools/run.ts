/**
 * Runs the tools of the host that tests, benchmarks and tasks are made with.
 *
 * @module
 */

/** A tool, or something it needs from the host, failed: a message for the user, no stack trace. */
export class ToolError extends Error {
  override name = "ToolError";
}

/** How to run a tool. */
export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** What to say if it fails, before what the tool itself said. */
  failure?: string;
}

/** Runs a tool to its end and returns its output as text. */
export async function run(command: string[], options: RunOptions = {}): Promise<string> {
  return new TextDecoder().decode(await outputOf(command, options));
}

/** Runs a tool to its end and returns its output. */
export async function outputOf(command: string[], options: RunOptions = {}): Promise<Uint8Array> {
  const [tool = "", ...args] = command;
  const { cwd, env, failure = `${tool} failed` } = options;
  try {
    const output = await new Deno.Command(tool, { args, cwd, env, stdin: "null" }).output();
    if (output.success) return output.stdout;
    const said = new TextDecoder().decode(output.stderr).trim().split("\n").slice(-5).join("\n  ");
    throw new ToolError(`${failure}: ${command.join(" ")}\n  ${said}`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new ToolError(`${failure}: this host has no ${tool}`);
  }
}
