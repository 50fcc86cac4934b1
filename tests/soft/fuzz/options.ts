/** The arguments of `deno task fuzz:soft`. */

import { parseArgs } from "@std/cli/parse-args";
import { type Engine, engines } from "./engines.ts";

/** What to do. */
export interface FuzzOptions {
  readonly seed: number;
  /** The number of the first case. */
  readonly first: number;
  /** How many cases. */
  readonly count: number;
  /** After so long no more are begun, in seconds. */
  readonly seconds: number;
  readonly engines: readonly Engine[];
  /** Show the coverage of the recorded cases instead. */
  readonly coverage: boolean;
  readonly help: boolean;
}

export const USAGE = `Compares the software CPU with real KVM by random instruction sequences.

usage: deno task fuzz:soft -- [options]

  --seed N      repeat what this seed makes; otherwise a new one is taken
  --first N     begin with the sequence of this number; 0 unless given
  --count N     so many sequences; 100000 unless given, or no end with --for
  --for SECONDS begin no more after so long
  --engine NAME usual, interpreted or translated; the first and the last unless given
  --coverage    print how many recorded cases reach each instruction, and end
`;

const COUNT = 100_000;
const ENGINES: readonly Engine[] = ["usual", "translated"];

/** Wrong arguments; the message says what is wrong. */
export class FuzzUsageError extends Error {
  override name = "FuzzUsageError";
}

/** @throws {FuzzUsageError} if there is something that is no option. */
export function parseFuzzOptions(args: readonly string[]): FuzzOptions {
  const parsed = parseArgs(args[0] === "--" ? args.slice(1) : args, {
    string: ["seed", "first", "count", "for", "engine"],
    boolean: ["coverage", "help"],
    unknown: (argument) => {
      throw new FuzzUsageError(`${argument} is no option of fuzz:soft`);
    },
  });
  const seconds = numberOption(parsed, "for") ?? Infinity;
  return {
    seed: numberOption(parsed, "seed") ?? crypto.getRandomValues(new Uint32Array(1))[0]!,
    first: numberOption(parsed, "first") ?? 0,
    count: numberOption(parsed, "count") ?? (seconds === Infinity ? COUNT : Infinity),
    seconds,
    engines: engineOption(parsed.engine),
    coverage: parsed.coverage === true,
    help: parsed.help === true,
  };
}

function numberOption(parsed: Record<string, unknown>, name: string): number | undefined {
  const text = parsed[name];
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(String(text))) throw new FuzzUsageError(`--${name} takes a whole number`);
  return Number(text);
}

function engineOption(name: unknown): readonly Engine[] {
  if (name === undefined) return ENGINES;
  const names = Object.keys(engines) as Engine[];
  const engine = names.find((known) => known === name);
  if (engine === undefined) throw new FuzzUsageError(`--engine takes one of ${names.join(", ")}`);
  return [engine];
}
