/** The command line as options. */

import { parseArgs } from "@std/cli/parse-args";
import { closestString } from "@std/text/closest-string";
import type { Accel } from "../machine/accel.ts";
import { parseAddress, parseSeconds, parseSize } from "./size.ts";
import { UsageError } from "./usage.ts";

/** What the command line asks for. */
export type Request =
  | { readonly kind: "help" | "version" }
  | { readonly kind: "run"; readonly options: Options };

/** How a guest is to be run. */
export interface Options {
  /** The guest's file. */
  readonly guest: string;
  readonly accel: Accel;
  /** RAM in bytes. */
  readonly memory?: number;
  readonly loadAddress?: number;
  readonly entry?: number;
  /** In milliseconds. */
  readonly timeout?: number;
  readonly exitOnNewline: boolean;
  readonly verbose: boolean;
  readonly stats: boolean;
}

const FLAGS = ["exit-on-newline", "verbose", "stats", "help", "version"] as const;
const VALUES = ["machine", "accel", "memory", "load-address", "entry", "timeout"] as const;

/** Words that an option takes, and what to say of those that it will take one day. */
const CHOICES = {
  machine: { known: ["tiny"], later: { virt: "the machine for Linux" } },
  accel: { known: ["auto", "kvm", "soft"], later: {} },
} as const;

/**
 * Takes a command line apart.
 *
 * @throws {UsageError} if it makes no sense.
 */
export function parseOptions(args: readonly string[]): Request {
  const parsed = parseArgs(joinValues(args), {
    boolean: FLAGS,
    string: [...VALUES, "_"],
    collect: VALUES,
    alias: { v: "verbose", h: "help" },
    unknown: refuseUnknown,
  });
  if (parsed.help === true) return { kind: "help" };
  if (parsed.version === true) return { kind: "version" };
  const value = (option: typeof VALUES[number]) => only(option, parsed[option] as string[]);
  choose("machine", value("machine"));
  const options: Options = {
    guest: onlyGuest(parsed._.map(String)),
    accel: (choose("accel", value("accel")) ?? "auto") as Accel,
    memory: optional(value("memory"), (text) => parseSize("--memory", text)),
    loadAddress: optional(value("load-address"), (text) => parseAddress("--load-address", text)),
    entry: optional(value("entry"), (text) => parseAddress("--entry", text)),
    timeout: optional(value("timeout"), (text) => parseSeconds("--timeout", text)),
    exitOnNewline: parsed["exit-on-newline"] === true,
    verbose: parsed.verbose === true,
    stats: parsed.stats === true,
  };
  return { kind: "run", options };
}

/** Puts each option and its value into one word, so that a value may start with a dash: `--memory -1` is a wrong size, not an option. */
function joinValues(args: readonly string[]): string[] {
  const takesValue = new Set<string>(VALUES.map((option) => `--${option}`));
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i]!;
    if (word === "--") return [...joined, ...args.slice(i)];
    // To parse-args this is the name of what is left over.
    if (word.startsWith("--_")) refuseUnknown(word, word.slice(2));
    const value = takesValue.has(word) ? args[i + 1] : undefined;
    joined.push(value === undefined ? word : `${word}=${value}`);
    if (value !== undefined) i++;
  }
  return joined;
}

function optional<T>(text: string | undefined, parse: (text: string) => T): T | undefined {
  return text === undefined ? undefined : parse(text);
}

/** The value of an option that may be given once. */
function only(option: string, values: string[]): string | undefined {
  if (values.length > 1) throw new UsageError(`--${option} is given ${values.length} times`);
  return values[0];
}

function onlyGuest(guests: string[]): string {
  const [guest, second] = guests;
  if (guest === undefined) {
    throw new UsageError("no guest named; give a file, or one of Orchid's own: hello; or --help");
  }
  if (second !== undefined) {
    throw new UsageError(`one guest at a time, please: ${guest} or ${second}`);
  }
  return guest;
}

function choose(option: keyof typeof CHOICES, text: string | undefined): string | undefined {
  const { known, later } = CHOICES[option];
  if (text === undefined || (known as readonly string[]).includes(text)) return text;
  const coming = (later as Record<string, string>)[text];
  if (coming !== undefined) {
    throw new UsageError(
      `--${option} ${text} (${coming}) is not part of this version yet; there is: ${
        known.join(", ")
      }`,
    );
  }
  throw new UsageError(`--${option} ${text} is unknown; there is: ${known.join(", ")}`);
}

function refuseUnknown(argument: string, key?: string): boolean {
  // Without a key it is no option: the guest.
  if (key === undefined) return true;
  const names = [...FLAGS, ...VALUES];
  const nearest = closestString(key, names);
  throw new UsageError(`unknown option ${argument}; did you mean --${nearest}? (--help lists all)`);
}
