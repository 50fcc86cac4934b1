/** `deno task compile`: makes Orchid, its guests and Deno into one program that needs nothing else. */

import { parseArgs } from "@std/cli/parse-args";
import { join } from "@std/path";
import { PROJECT } from "../tests/arm64/box.ts";
import { taskArguments } from "../tests/arm64/main.ts";
import { V8_FLAGS } from "./bundle.ts";

const USAGE = "usage: deno task compile [--target TARGET] [--output FILE]";

/** What is to be made. */
export interface CompileOptions {
  /** The machine it is for, such as aarch64-unknown-linux-gnu; this one unless given. */
  readonly target?: string;
  /** The file; build/orchid unless given. */
  readonly output?: string;
}

/** What `deno compile` says when it cannot get the program that Orchid is to be put into. */
const NO_BASE_BINARY = /Setting up base binary|Could not find denort/;

/** All that Orchid may do: call libc. */
const PERMISSIONS = ["--allow-ffi", "--no-prompt"];

/** The arguments of `deno`. */
function compileArguments({ target, output = join(PROJECT, "build", "orchid") }: CompileOptions) {
  return [
    "compile",
    ...PERMISSIONS,
    ...V8_FLAGS,
    ...(target === undefined ? [] : ["--target", target]),
    ...["--output", output, join(PROJECT, "main.ts")],
  ];
}

/** Runs `deno compile` and shows what it says, or, if all it lacks is the base binary, what to do. Returns its exit code. */
async function compile(options: CompileOptions): Promise<number> {
  const process = new Deno.Command(Deno.execPath(), {
    args: compileArguments(options),
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", RUST_BACKTRACE: "0" },
    stdin: "null",
    stderr: "piped",
  }).spawn();
  const error = await showUntilError(process.stderr);
  const { code } = await process.status;
  if (NO_BASE_BINARY.test(error)) {
    console.error(`compile: ${adviceOnBaseBinary(options.target ?? Deno.build.target)}`);
  } else if (error !== "") console.error(error.trimEnd());
  return code;
}

/** Passes on what `deno` says as it says it; gives back its error message, if it has one. */
async function showUntilError(stderr: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let said = "";
  let shown = 0;
  for await (const piece of stderr.pipeThrough(new TextDecoderStream())) {
    said += piece;
    const error = said.search(/^error: /m);
    const end = error < 0 ? said.length : error;
    await Deno.stderr.write(new TextEncoder().encode(said.slice(shown, end)));
    shown = end;
  }
  return said.slice(shown);
}

function adviceOnBaseBinary(target: string): string {
  const wanted = `a denort of Deno ${Deno.version.deno} for ${target}`;
  const given = Deno.env.get("DENORT_BIN");
  return given === undefined
    ? `cannot download the base binary; set DENORT_BIN to the path of ${wanted}`
    : `DENORT_BIN is ${given}, which cannot be read; set it to the path of ${wanted}`;
}

/** The command line as options; undefined if it makes no sense. */
function parseOptions(args: string[]): CompileOptions | undefined {
  let wrong = false;
  const refuse = () => {
    wrong = true;
    return false;
  };
  const { target, output } = parseArgs(args, { string: ["target", "output"], unknown: refuse });
  if (wrong || target === "" || output === "") return undefined;
  return { target: target as string | undefined, output: output as string | undefined };
}

const options = parseOptions(taskArguments());
if (options === undefined) console.error(USAGE);
Deno.exit(options === undefined ? 2 : await compile(options));
