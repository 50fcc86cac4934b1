/** Runs guests with the command as a user does. */

import { assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { help } from "../../command/usage.ts";
import config from "../../deno.json" with { type: "json" };
import { flat, flood } from "../guests/programs.ts";
import { once, testsInLanes } from "../lanes.ts";
import { guestPath, orchid, orchidCommand, type Outcome, outcome } from "../orchid_command.ts";
import { RunningCommand } from "../running_command.ts";
import { hostTest, kvmTest, noKvmTest } from "../test_case.ts";

/** Arguments, and what must become of them. */
type Case = readonly [
  what: string,
  args: readonly string[],
  code: number,
  stdout: string,
  stderr: RegExp,
];

const nothing = /^$/;
const cases: Case[] = [
  ["prints Hello and nothing else", [guestPath("hello")], 0, "Hello\n", nothing],
  ["knows Orchid's own guests by name", ["hello-psci"], 0, "Hello\n", nothing],
  [
    "takes sizes and addresses",
    ["--memory=2M", "--load-address", "0x20000", "--entry", "0x20000", guestPath("hello")],
    0,
    "Hello\n",
    nothing,
  ],
  [
    "ends after the first line where it is to",
    ["--exit-on-newline", guestPath("lines")],
    0,
    "one\n",
    nothing,
  ],
  [
    "ends a guest whose time is over with 124",
    ["--timeout", "0.2", guestPath("silence")],
    124,
    "",
    /^orchid: --timeout ran out after 0.2 s; the guest was at PC 0x10000\n$/,
  ],
  [
    "reports a crash with 3",
    [guestPath("crash-brk")],
    3,
    "",
    /^orchid: the guest crashed\. BRK: #0x996, at PC 0x10000\n( {2}.*\n){17}$/,
  ],
  [
    "prints a table for --stats",
    ["--stats", guestPath("hello-psci")],
    0,
    "Hello\n",
    /^time in the guest .*\n(.*\n)*KVM_EXIT_SYSTEM_EVENT +1\n(.*\n)*console +0 loads, (6 stores|0 stores, 6 stores without an exit)\n(.*\n)*console output +6 B\n/,
  ],
];

const test = testsInLanes(kvmTest);

for (const [what, args, code, stdout, stderr] of cases) {
  test(`main.ts ${what}`, () => orchid(args), (outcome) => {
    assertEquals([outcome.code, outcome.stdout], [code, stdout], outcome.stderr);
    assertMatch(outcome.stderr, stderr);
  });
}

test(
  "main.ts runs a guest without KVM, and says so in one line",
  () => orchid([guestPath("hello")]),
  ({ code, stdout, stderr }) => {
    assertEquals([code, stdout], [0, "Hello\n"]);
    assertMatch(stderr, /^orchid: running on the software CPU, because .*\n$/);
  },
  noKvmTest,
);

test("main.ts --version prints its version", () => orchid(["--version"]), (outcome) => {
  assertEquals(outcome, { code: 0, stdout: `orchid ${config.version}\n`, stderr: "" });
}, hostTest);

test("main.ts --help prints the help text", () => orchid(["--help"]), (outcome) => {
  assertEquals(outcome, { code: 0, stdout: `${help()}\n`, stderr: "" });
}, hostTest);

const verbose = once(() => orchid(["-v", guestPath("mmio-widths")]));

test("main.ts -v numbers the ten steps, with their values", verbose, ({ code, stderr }) => {
  const steps = stderr.split("\n").filter((line) => line.startsWith("["));
  const expected = [
    /^\[1\] Open \/dev\/kvm, fd is \d+$/,
    /^\[2\] KVM API version is 12$/,
    /^\[3\] Create VM, fd is \d+, guest addresses have \d+ bits$/,
    /^\[4\] Create vCPU 0, fd is \d+$/,
    /^\[5\] Set vCPU type to \d+ \(.+\), with PSCI 0\.2$/,
    /^\[6\] Map kvm_run, \d+ bytes$/,
    /^\[7\] Load program, 200 bytes at 0x10000$/,
    /^\[8\] Set memory region: slot 0, guest address 0x10000, 1048576 bytes$/,
    /^\[9\] Set vCPU PC to 0x10000$/,
    /^\[10\] Run vCPU$/,
  ];
  assertEquals([code, steps.length], [0, expected.length]);
  steps.forEach((step, i) => assertMatch(step, expected[i]!));
});

test("main.ts -v tells of each address without a device once", verbose, ({ stderr }) => {
  const told = stderr.match(/No device at 0x\w+/g);
  assertEquals(told, ["2000", "2008", "2010", "2018"].map((at) => `No device at 0x${at}`));
});

/** Runs the command until its guest is under way, and a little longer; then sends it a signal. */
async function signalled(signal: Deno.Signal, guest: string, readsStdout = true): Promise<Outcome> {
  const running = new RunningCommand(orchidCommand(["-v", guest]), readsStdout);
  await running.hasSaid("Run vCPU");
  await new Promise((resolve) => setTimeout(resolve, 500));
  running.kill(signal);
  return await running.end();
}

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  test(
    `main.ts ends a guest without exits on ${signal}, with ${code}`,
    () => signalled(signal, guestPath("silence")),
    (outcome) => {
      assertEquals([outcome.code, outcome.stdout], [code, ""]);
      assertMatch(outcome.stderr, new RegExp(`\norchid: ended by ${signal}; .* at PC 0x10000\n$`));
    },
  );
}

test(
  "main.ts ends a guest whose output nobody reads on SIGTERM",
  async () => {
    const path = Deno.makeTempFileSync({ prefix: "orchid-test-" });
    Deno.writeFileSync(path, flat(flood));
    try {
      return await signalled("SIGTERM", path, false);
    } finally {
      Deno.removeSync(path);
    }
  },
  ({ code }) => assertEquals(code, 143),
);

test(
  "main.ts takes input from a pipe, and shows output before that ends",
  async () => {
    const running = new RunningCommand(orchidCommand([guestPath("echo")], { stdin: "piped" }));
    await running.type("first\n");
    await running.hasPrinted("first\n");
    await running.type("second\0");
    await running.endInput();
    return await running.end();
  },
  (outcome) => assertEquals(outcome, { code: 0, stdout: "first\nsecond\0", stderr: "" }),
);

/** Runs something other than the command. */
async function runOther(program: string, ...args: string[]): Promise<Outcome> {
  return outcome(await new Deno.Command(program, { args, env: { NO_COLOR: "1" } }).output());
}

const path = (inProject: string) => fromFileUrl(new URL(`../../${inProject}`, import.meta.url));

test(
  "main.ts says in one line that output cannot be written",
  () => {
    const script = `exec "$0" run --allow-ffi --no-prompt "$1" "$2" >/dev/full`;
    return runOther("sh", "-c", script, Deno.execPath(), path("main.ts"), guestPath("hello"));
  },
  ({ code, stderr }) => {
    assertEquals(code, 1);
    assertMatch(stderr, /^orchid: No space left on device.*\n$/);
  },
);

test(
  "examples/dice.ts lets a guest throw dice",
  () => runOther(Deno.execPath(), "run", "--allow-ffi", "--no-prompt", path("examples/dice.ts")),
  ({ code, stdout }) => {
    assertEquals(code, 0);
    assertMatch(stdout, /^The guest threw [1-6] and [1-6] and ended: end-of-code\n$/);
  },
);
