/** Tests the command line: what it can say, and what is said of what it cannot. */

import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { type Options, parseOptions, virtOption } from "../../command/options.ts";
import { help, UsageError } from "../../command/usage.ts";

const defaults: Options = {
  guest: "guest.bin",
  machine: undefined,
  accel: "auto",
  memory: undefined,
  loadAddress: undefined,
  entry: undefined,
  initrd: undefined,
  append: undefined,
  dtb: undefined,
  dumpDtb: undefined,
  smp: undefined,
  cpus: undefined,
  pmu: false,
  disks: [],
  rng: false,
  console: undefined,
  timeout: undefined,
  exitOnNewline: false,
  noReboot: false,
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
  ["--machine tiny guest.bin", { machine: "tiny" }],
  ["--machine virt guest.bin", { machine: "virt" }],
  ["--machine tiny --smp 1 --no-reboot guest.bin", { machine: "tiny", smp: 1, noReboot: true }],
  ["--no-reboot guest.bin", { noReboot: true }],
  ["--smp 4 guest.bin", { smp: 4 }],
  ["--smp 512 guest.bin", { smp: 512 }],
  ["--cpus 4-7,1 guest.bin", { cpus: [4, 5, 6, 7, 1] }],
  ["--pmu guest.bin", { pmu: true }],
  ["--rng guest.bin", { rng: true }],
  ["--console serial guest.bin", { console: "serial" }],
  ["--console=virtio guest.bin", { console: "virtio" }],
  ["--disk a.img guest.bin", { disks: [{ path: "a.img", readOnly: false }] }],
  ["--disk a.img,ro --disk=b,serial=x guest.bin", {
    disks: [{ path: "a.img", readOnly: true }, { path: "b", readOnly: false, serial: "x" }],
  }],
  ["--initrd initrd.img guest.bin", { initrd: "initrd.img" }],
  ["--initrd -x guest.bin", { initrd: "-x" }],
  ["--append console=ttyAMA0 guest.bin", { append: "console=ttyAMA0" }],
  ["--append=console=ttyAMA0 guest.bin", { append: "console=ttyAMA0" }],
  ["guest.bin --append -q", { append: "-q" }],
  ["guest.bin --append --initrd", { append: "--initrd" }],
  ["guest.bin --append --", { append: "--" }],
  ["--append 5 guest.bin", { append: "5" }],
  ["--append= guest.bin", { append: "" }],
  ["--dtb my.dtb guest.bin", { dtb: "my.dtb" }],
  ["--dump-dtb out.dtb guest.bin", { dumpDtb: "out.dtb" }],
  [
    "--machine virt --initrd i --append a --dtb d --dump-dtb o --smp 2 --cpus 0 --pmu guest.bin",
    {
      machine: "virt",
      initrd: "i",
      append: "a",
      dtb: "d",
      dumpDtb: "o",
      smp: 2,
      cpus: [0],
      pmu: true,
    },
  ],
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

for (const text of ["console=ttyAMA0 quiet", "-- -x --initrd", "a\nb", "", " ", '"a b"', "幽兰"]) {
  Deno.test(`parseOptions passes on what follows --append as it is: ${JSON.stringify(text)}`, () => {
    for (const args of [["--append", text, "guest.bin"], ["guest.bin", `--append=${text}`]]) {
      const request = parseOptions(args);
      assertEquals(request, { kind: "run", options: { ...defaults, append: text } });
    }
  });
}

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
  ["g --memory", "--memory needs a value (--help tells which)"],
  ["g --append", "--append needs a value (--help tells which)"],
  ["--memory 99999999999G g", "--memory 99999999999G is more than any machine can have"],
  ["--memory 1M --memory 2M g", "--memory is given 2 times"],
  ["--load-address here g", "--load-address here is no address; addresses are like 0x10000"],
  ["--entry -4 g", "--entry -4 is no address; addresses are like 0x10000"],
  ["--timeout 0 g", "--timeout 0 is no time; give seconds above 0, like 5 or 0.5, up to 2147483"],
  ["--timeout -5 g", "--timeout -5 is no time; give seconds above 0, like 5 or 0.5, up to 2147483"],
  ["--machine pc g", "--machine pc is unknown; there is: tiny, virt"],
  ["--machine= g", "--machine '' is unknown; there is: tiny, virt"],
  ["--smp 0 g", "--smp 0 is no whole number from 1 to 512"],
  ["--smp -1 g", "--smp -1 is no whole number from 1 to 512"],
  ["--smp two g", "--smp two is no whole number from 1 to 512"],
  ["--smp 1.5 g", "--smp 1.5 is no whole number from 1 to 512"],
  ["--smp 0x2 g", "--smp 0x2 is no whole number from 1 to 512"],
  ["--smp 513 g", "--smp 513 is no whole number from 1 to 512"],
  [
    "--smp 99999999999999999999 g",
    "--smp 99999999999999999999 is no whole number from 1 to 512",
  ],
  ["--smp= g", "--smp '' is no whole number from 1 to 512"],
  ["--cpus all g", "--cpus all is no list of CPUs; lists are like 4-7 or 0,2,4-7"],
  ["--cpus= g", "--cpus '' is no list of CPUs; lists are like 4-7 or 0,2,4-7"],
  ["--cpus 4,4 g", "--cpus 4,4 names CPU 4 twice"],
  ["--initrd= g", "--initrd '' names no file"],
  ["--dtb= g", "--dtb '' names no file"],
  ["--dump-dtb= g", "--dump-dtb '' names no file"],
  ["--append a --append b g", "--append is given 2 times"],
  ["--console hvc0 g", "--console hvc0 is unknown; there is: serial, virtio"],
  ["--console= g", "--console '' is unknown; there is: serial, virtio"],
  ["--accel tcg g", "--accel tcg is unknown; there is: auto, kvm, soft"],
];

for (const [args, message] of refused) {
  Deno.test(`parseOptions refuses "${args}"`, () => {
    const words = args.split(" ").filter((word) => word !== "");
    assertEquals(assertThrows(() => parseOptions(words), UsageError).message, message);
  });
}

const virtOptions: [given: string, option: string][] = [
  ["--initrd i", "--initrd"],
  ["--append a", "--append"],
  ["--append=", "--append"],
  ["--dtb d", "--dtb"],
  ["--dump-dtb o", "--dump-dtb"],
  ["--smp 2", "--smp"],
  ["--cpus 0", "--cpus"],
  ["--pmu", "--pmu"],
  ["--console virtio", "--console"],
  ["--console serial", "--console"],
];

for (const [given, option] of virtOptions) {
  Deno.test(`parseOptions refuses ${given} for the tiny machine`, () => {
    const parse = () => parseOptions(`--machine tiny ${given} g`.split(" "));
    assertEquals(
      assertThrows(parse, UsageError).message,
      `${option} is for the virt machine; leave out --machine tiny`,
    );
  });

  Deno.test(`virtOption tells that ${given} asks for the virt machine`, () => {
    const request = parseOptions(`${given} g`.split(" "));
    assertEquals(request.kind === "run" && virtOption(request.options), option);
  });
}

Deno.test("virtOption finds nothing in options that every machine has", () => {
  const args = "--smp 1 --memory 1M --load-address 0 --entry 0 --timeout 1 --exit-on-newline";
  const request = parseOptions(`${args} --no-reboot --accel soft -v --stats g`.split(" "));
  assertEquals(request.kind === "run" && virtOption(request.options), undefined);
});

for (
  const option of ["-x", "-vx", "--constructor", "--__proto__", "--no-stats", "--no-pmu", "--_"]
) {
  Deno.test(`parseOptions refuses ${option} and names an option that there is`, () => {
    const error = assertThrows(() => parseOptions([option, "g"]), UsageError, "unknown option");
    const nearest = /did you mean (--[a-z-]+)\?/.exec(error.message)?.[1] ?? "none";
    assertEquals(help().includes(nearest), true);
  });
}

const options = ["machine", "accel", "memory", "load-address", "entry", "timeout"];
const virt = [
  "smp",
  "cpus",
  "initrd",
  "append",
  "dtb",
  "dump-dtb",
  "pmu",
  "disk",
  "rng",
  "console",
  "no-reboot",
];
for (
  const option of [...options, ...virt, "exit-on-newline", "verbose", "stats", "help", "version"]
) {
  Deno.test(`help tells of --${option}`, () => {
    assertMatch(help(), new RegExp(`^ .*--${option} `, "m"));
  });
}

Deno.test("help keeps to 80 columns", () => {
  assertEquals(help().split("\n").filter((line) => line.length > 80), []);
});
