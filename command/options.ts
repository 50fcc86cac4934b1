/** The command line as options. */

import { parseArgs } from "@std/cli/parse-args";
import { closestString } from "@std/text/closest-string";
import type { Accel } from "../machine/accel.ts";
import { type DiskOption, parseDisks } from "./disk.ts";
import {
  oneOf,
  type Parse,
  parseAddress,
  parseCount,
  parseCpus,
  parseFileName,
  parseSeconds,
  parseSize,
} from "./size.ts";
import { UsageError } from "./usage.ts";

/** What the command line asks for. */
export type Request =
  | { readonly kind: "help" | "version" }
  | { readonly kind: "run"; readonly options: Options };

/** How a guest is to be run. */
export interface Options {
  /** The guest's file. */
  readonly guest: string;
  /** The machine, if the command line says. */
  readonly machine?: "tiny" | "virt";
  readonly accel: Accel;
  /** RAM in bytes. */
  readonly memory?: number;
  readonly loadAddress?: number;
  readonly entry?: number;
  /** The initial RAM disk's file. */
  readonly initrd?: string;
  /** The kernel's command line. */
  readonly append?: string;
  /** The file with the device tree to use. */
  readonly dtb?: string;
  /** The file to write the device tree to. */
  readonly dumpDtb?: string;
  /** How many vCPUs. */
  readonly smp?: number;
  /** The host's CPUs for them, by number. */
  readonly cpus?: readonly number[];
  /** Whether the guest gets a performance monitoring unit. */
  readonly pmu: boolean;
  /** The guest's disks. */
  readonly disks: readonly DiskOption[];
  /** Whether the guest gets random numbers from a virtio device. */
  readonly rng: boolean;
  /** Which device of the virt machine has the guest's input. */
  readonly console?: "serial" | "virtio";
  /** In milliseconds. */
  readonly timeout?: number;
  readonly exitOnNewline: boolean;
  /** Whether a guest that asks for a reset has ended. */
  readonly noReboot: boolean;
  readonly verbose: boolean;
  readonly stats: boolean;
}

const FLAGS = [
  "pmu",
  "rng",
  "exit-on-newline",
  "no-reboot",
  "verbose",
  "stats",
  "help",
  "version",
] as const;
const VALUES = [
  "machine",
  "accel",
  "memory",
  "smp",
  "cpus",
  "load-address",
  "entry",
  "initrd",
  "append",
  "dtb",
  "dump-dtb",
  "disk",
  "console",
  "timeout",
] as const;

/** The most vCPUs that any host's KVM gives (VGIC_V3_MAX_CPUS, Linux include/kvm/arm_vgic.h). */
const MOST_VCPUS = 512;

/** An option, and whether it is given. */
type Given = readonly [option: string, isGiven: (options: Options) => boolean];

/** Options that only the virt machine has: giving one asks for that machine. */
const VIRT_OPTIONS: readonly Given[] = [
  ["--smp", ({ smp = 1 }) => smp > 1],
  ["--cpus", ({ cpus }) => cpus !== undefined],
  ["--pmu", ({ pmu }) => pmu],
  ["--disk", ({ disks }) => disks.length > 0],
  ["--rng", ({ rng }) => rng],
  ["--console", ({ console }) => console !== undefined],
  ["--initrd", ({ initrd }) => initrd !== undefined],
  ["--append", ({ append }) => append !== undefined],
  ["--dtb", ({ dtb }) => dtb !== undefined],
  ["--dump-dtb", ({ dumpDtb }) => dumpDtb !== undefined],
];

/** The first option given that only the virt machine has, such as `--initrd`; nothing if there is none. */
export function virtOption(options: Options): string | undefined {
  return VIRT_OPTIONS.find(([, isGiven]) => isGiven(options))?.[0];
}

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
  const options = readOptions(parsed);
  checkMachine(options);
  return { kind: "run", options };
}

function readOptions(parsed: ReturnType<typeof parseArgs>): Options {
  const flag = (option: typeof FLAGS[number]) => parsed[option] === true;
  const value = <T>(option: typeof VALUES[number], parse: Parse<T>): T | undefined => {
    const [text, ...more] = parsed[option] as string[];
    if (more.length > 0) throw new UsageError(`--${option} is given ${more.length + 1} times`);
    return text === undefined ? undefined : parse(`--${option}`, text);
  };
  return {
    guest: onlyGuest(parsed._.map(String)),
    machine: value("machine", oneOf(["tiny", "virt"])),
    accel: value("accel", oneOf(["auto", "kvm", "soft"])) ?? "auto",
    memory: value("memory", parseSize),
    loadAddress: value("load-address", parseAddress),
    entry: value("entry", parseAddress),
    initrd: value("initrd", parseFileName),
    append: value("append", (_, text) => text),
    dtb: value("dtb", parseFileName),
    dumpDtb: value("dump-dtb", parseFileName),
    smp: value("smp", (option, text) => parseCount(option, text, MOST_VCPUS)),
    cpus: value("cpus", parseCpus),
    pmu: flag("pmu"),
    disks: parseDisks("--disk", parsed.disk as string[]),
    rng: flag("rng"),
    console: value("console", oneOf(["serial", "virtio"])),
    timeout: value("timeout", parseSeconds),
    exitOnNewline: flag("exit-on-newline"),
    noReboot: flag("no-reboot"),
    verbose: flag("verbose"),
    stats: flag("stats"),
  };
}

/** Fails if the machine that was asked for is not the one that other options need. */
function checkMachine(options: Options): void {
  const option = virtOption(options);
  if (options.machine === "tiny" && option !== undefined) {
    throw new UsageError(`${option} is for the virt machine; leave out --machine tiny`);
  }
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
    if (!takesValue.has(word)) {
      joined.push(word);
      continue;
    }
    const value = args[++i];
    if (value === undefined) throw new UsageError(`${word} needs a value (--help tells which)`);
    joined.push(`${word}=${value}`);
  }
  return joined;
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

function refuseUnknown(argument: string, key?: string): boolean {
  // Without a key it is no option: the guest.
  if (key === undefined) return true;
  const names = [...FLAGS, ...VALUES];
  const nearest = closestString(key, names);
  throw new UsageError(`unknown option ${argument}; did you mean --${nearest}? (--help lists all)`);
}
