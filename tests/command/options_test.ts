/** Tests the command line: what it can say, and what is said of what it cannot. */

import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { type Options, parseOptions } from "../../command/options.ts";
import { HELP, UsageError } from "../../command/usage.ts";

const defaults: Options = {
  guest: "guest.bin",
  accel: "auto",
  memory: undefined,
  loadAddress: undefined,
  entry: undefined,
  timeout: undefined,
  exitOnNewline: false,
  verbose: false,
  stats: false,
};

const taken: [args: string, changed: Partial<Options>][] = [
  ["guest.bin", {}],
  ["-v guest.bin", { verbose: true }],
  ["--verbose guest.bin", { verbose: true }],
  ["guest.bin --verbose", { verbose: true }],
  ["--stats guest.bin", { stats: true }],
  ["--exit-on-newline guest.bin", { exitOnNewline: true }],
  ["--memory 64K guest.bin", { memory: 65536 }],
  ["--memory=64K guest.bin", { memory: 65536 }],
  ["guest.bin --memory 64K", { memory: 65536 }],
  ["--load-address 0x20000 guest.bin", { loadAddress: 0x2_0000 }],
  ["--entry 0x10004 guest.bin", { entry: 0x1_0004 }],
  ["--timeout 0.5 guest.bin", { timeout: 500 }],
  ["--machine tiny guest.bin", {}],
  ["--accel auto guest.bin", {}],
  ["--accel kvm guest.bin", { accel: "kvm" }],
  ["--accel soft guest.bin", { accel: "soft" }],
  ["-- guest.bin", {}],
  ["-- --memory", { guest: "--memory" }],
  ["--stats -- -v", { stats: true, guest: "-v" }],
  ["0x10", { guest: "0x10" }],
  ["-", { guest: "-" }],
];

for (const [args, changed] of taken) {
  Deno.test(`parseOptions takes ${args}`, () => {
    const request = parseOptions(args.split(" "));
    assertEquals(request, { kind: "run", options: { ...defaults, ...changed } });
  });
}

Deno.test("parseOptions takes a guest's name with spaces", () => {
  const request = parseOptions(["my guest.bin"]);
  assertEquals(request, { kind: "run", options: { ...defaults, guest: "my guest.bin" } });
});

for (const args of ["--help", "-h", "--help guest.bin", "--help --version", "guest.bin --help"]) {
  Deno.test(`parseOptions asks for help with ${args}`, () => {
    assertEquals(parseOptions(args.split(" ")), { kind: "help" });
  });
}

Deno.test("parseOptions asks for the version", () => {
  assertEquals(parseOptions(["--version"]), { kind: "version" });
});

const refused: [args: string, message: string][] = [
  ["", "no guest named; give a file, or one of Orchid's own: hello; or --help"],
  ["-v --stats", "no guest named; give a file, or one of Orchid's own: hello; or --help"],
  ["one.bin two.bin", "one guest at a time, please: one.bin or two.bin"],
  ["--memry 64K g", "unknown option --memry; did you mean --memory? (--help lists all)"],
  ["--memroy=64K g", "unknown option --memroy=64K; did you mean --memory? (--help lists all)"],
  ["--stat g", "unknown option --stat; did you mean --stats? (--help lists all)"],
  [
    "--exit-on-new-line g",
    "unknown option --exit-on-new-line; did you mean --exit-on-newline? (--help lists all)",
  ],
  ["--memory 12Q g", "--memory 12Q is no size; sizes are like 4096, 0x1000, 64K, 512M, 2G"],
  ["--memory -1 g", "--memory -1 is no size; sizes are like 4096, 0x1000, 64K, 512M, 2G"],
  ["--memory 0 g", "--memory 0 is no size; sizes are like 4096, 0x1000, 64K, 512M, 2G"],
  ["--memory= g", "--memory '' is no size; sizes are like 4096, 0x1000, 64K, 512M, 2G"],
  ["g --memory", "--memory '' is no size; sizes are like 4096, 0x1000, 64K, 512M, 2G"],
  ["--memory 99999999999G g", "--memory 99999999999G is more than any machine can have"],
  ["--memory 1M --memory 2M g", "--memory is given 2 times"],
  ["--load-address here g", "--load-address here is no address; addresses are like 0x10000"],
  ["--entry -4 g", "--entry -4 is no address; addresses are like 0x10000"],
  ["--timeout 0 g", "--timeout 0 is no time; give seconds above 0, like 5 or 0.5, up to 2147483"],
  ["--timeout -5 g", "--timeout -5 is no time; give seconds above 0, like 5 or 0.5, up to 2147483"],
  [
    "--machine virt g",
    "--machine virt (the machine for Linux) is not part of this version yet; there is: tiny",
  ],
  ["--machine pc g", "--machine pc is unknown; there is: tiny"],
  ["--accel tcg g", "--accel tcg is unknown; there is: auto, kvm, soft"],
];

for (const [args, message] of refused) {
  Deno.test(`parseOptions refuses "${args}"`, () => {
    const words = args.split(" ").filter((word) => word !== "");
    assertEquals(assertThrows(() => parseOptions(words), UsageError).message, message);
  });
}

for (const option of ["-x", "-vx", "--constructor", "--__proto__", "--no-stats", "--_"]) {
  Deno.test(`parseOptions refuses ${option} and names an option that there is`, () => {
    const error = assertThrows(() => parseOptions([option, "g"]), UsageError, "unknown option");
    const nearest = /did you mean (--[a-z-]+)\?/.exec(error.message)?.[1] ?? "none";
    assertEquals(HELP.includes(nearest), true);
  });
}

const options = ["machine", "accel", "memory", "load-address", "entry", "timeout"];
for (const option of [...options, "exit-on-newline", "verbose", "stats", "help", "version"]) {
  Deno.test(`HELP tells of --${option}`, () => {
    assertMatch(HELP, new RegExp(`^ .*--${option} `, "m"));
  });
}
