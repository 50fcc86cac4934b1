/** Tests that bad input gets a clear end: the command as a user runs it, its exit code, and its one or two lines. */

import { assertEquals } from "@std/assert";
import { elfFile } from "../elf_file.ts";
import { testsInLanes } from "../lanes.ts";
import { guestPath, orchid, type Setting } from "../orchid_command.ts";
import { hostTest, noKvmTest, type Register, testsThatNeed } from "../test_case.ts";

/** Bad input: what it is, the arguments, the exit code, what stderr says, and what is not as usual. */
type Case = readonly [
  what: string,
  args: readonly string[],
  code: number,
  stderr: string,
  register?: Register,
  setting?: Setting,
];

const code = { entry: 0x1_0000, segments: [{ address: 0x1_0000, bytes: new Uint8Array(4) }] };
const high = [{ address: 0x40_0000, bytes: new Uint8Array(4) }];

/** The files in the folder where the command runs. */
const files: Record<string, Uint8Array> = {
  "empty.bin": new Uint8Array(),
  "large.bin": new Uint8Array(4097),
  "small.bin": new Uint8Array(16),
  "secret.bin": new Uint8Array(16),
  "x86.elf": elfFile({ ...code, machine: 62 }),
  "arm64.elf": elfFile(code),
  "linux.elf": elfFile({ entry: 0x40_0000, segments: high }),
  "cut.elf": elfFile(code).subarray(0, 70),
  "kernel.gz": new Uint8Array([0x1f, 0x8b, 8, 0]),
};

const noRootTest = testsThatNeed("a user other than root", Deno.uid() !== 0);
const sizes = "sizes are like 4096, 0x1000, 64K, 512M, 2G";
const ram = "RAM is from 0x10000 to 0x10ffff";
const hello = guestPath("hello");

const cases: Case[] = [
  ["no guest", [], 2, "no guest named; give a file, or one of Orchid's own: hello; or --help"],
  ["a missing file", ["no.bin"], 1, "open no.bin failed: ENOENT; there is no such file"],
  ["an empty file", ["empty.bin"], 1, "empty.bin is empty"],
  ["a directory", ["."], 1, "read . failed: EISDIR; it is a directory"],
  [
    "an unreadable file",
    ["secret.bin"],
    1,
    "open secret.bin failed: EACCES; its permissions forbid reading it",
    noRootTest,
  ],
  [
    "a file larger than memory",
    ["--memory", "4K", "large.bin"],
    1,
    "large.bin is larger than the guest's memory of 4096 bytes; give it more with --memory",
  ],
  [
    "a file without an end",
    ["/dev/zero"],
    1,
    "/dev/zero is no ordinary file, and gives more than 268435456 bytes; put them into a file first",
  ],
  [
    "a size with an unknown unit",
    ["--memory", "12Q", hello],
    2,
    `--memory 12Q is no size; ${sizes}`,
  ],
  ["a negative size", ["--memory", "-1", hello], 2, `--memory -1 is no size; ${sizes}`],
  ["no memory", ["--memory", "0", hello], 2, `--memory 0 is no size; ${sizes}`],
  [
    "an absurd size",
    ["--memory", "99999999999G", hello],
    2,
    "--memory 99999999999G is more than any machine can have",
  ],
  [
    "an unknown option",
    ["--memroy", "64K", hello],
    2,
    "unknown option --memroy; did you mean --memory? (--help lists all)",
  ],
  ["two guests", ["a.bin", "b.bin"], 2, "one guest at a time, please: a.bin or b.bin"],
  ["an x86 ELF", ["x86.elf"], 1, "x86.elf is a program for x86-64, not for arm64"],
  [
    "an ELF for other addresses",
    ["linux.elf"],
    1,
    `linux.elf goes from 0x400000 to 0x400003, and ${ram}`,
  ],
  ["an ELF that is cut off", ["cut.elf"], 1, "cut.elf is an ELF file that is cut off"],
  [
    "a load address for an ELF",
    ["--load-address", "0x20000", "arm64.elf"],
    2,
    "arm64.elf is an ELF file, which says itself where it goes: no --load-address",
  ],
  [
    "a gzip file for the tiny machine",
    ["--machine", "tiny", "kernel.gz"],
    1,
    "kernel.gz is compressed with gzip; unpack it first",
  ],
  [
    "a time that is none",
    ["--timeout", "soon", hello],
    2,
    "--timeout soon is no time; give seconds above 0, like 5 or 0.5, up to 2147483",
  ],
  [
    "a machine that there is not",
    ["--machine", "pc", hello],
    2,
    "--machine pc is unknown; there is: tiny, virt",
  ],
  [
    "an initrd for the tiny machine",
    ["--machine", "tiny", "--initrd", "initrd.img", hello],
    2,
    "--initrd is for the virt machine; leave out --machine tiny",
  ],
  ["no vCPUs", ["--smp", "0", hello], 2, "--smp 0 is no whole number from 1 to 512"],
  [
    "CPUs that are none",
    ["--cpus", "big", hello],
    2,
    "--cpus big is no list of CPUs; lists are like 4-7 or 0,2,4-7",
  ],
  [
    "a disk with a flag that there is not",
    ["--disk", "disk.img,rw", hello],
    2,
    '--disk has no flag "rw"; there are ro and serial=TEXT',
  ],
  [
    "a disk without a file",
    ["--disk", ",ro", hello],
    2,
    "--disk needs a file: FILE[,ro][,serial=TEXT]",
  ],
  [
    "ten thousand disks",
    [...new Array<string[]>(10_000).fill(["--disk", "disk.img"]).flat(), hello],
    2,
    "--disk is given 10000 times; the virt machine has room for 32 devices",
  ],
  [
    "an option without its value",
    [hello, "--append"],
    2,
    "--append needs a value (--help tells which)",
  ],
  [
    "a missing permission",
    [hello],
    1,
    "calling libc needs a permission; run with --allow-ffi",
    undefined,
    { permissions: [] },
  ],
  [
    "a host of another architecture",
    ["--accel", "kvm", hello],
    1,
    `the host is ${Deno.build.arch}, and KVM runs arm64 guests only on an arm64 host`,
    noKvmTest,
  ],
  [
    "half a page of memory",
    ["--accel", "soft", "--memory", "2K", "small.bin"],
    2,
    "a memory of 2048 bytes is no multiple of 4096",
  ],
  [
    "a load address in the device page",
    ["--accel", "soft", "--load-address", "0x996", hello],
    2,
    `the load address 0x996 is in the device page; ${ram}`,
  ],
  [
    "an entry in the vector page",
    ["--accel", "soft", "--entry", "0xf000", hello],
    2,
    `the entry 0xf000 is in the vector page; ${ram}`,
  ],
  [
    "a load address that is not aligned",
    ["--accel", "soft", "--load-address", "0x10002", hello],
    2,
    "the load address 0x10002 is no multiple of 4",
  ],
];

const folder = Deno.makeTempDirSync({ prefix: "orchid-test-" });
for (const [name, bytes] of Object.entries(files)) Deno.writeFileSync(`${folder}/${name}`, bytes);
Deno.chmodSync(`${folder}/secret.bin`, 0o000);
Deno.test.afterAll(() => Deno.removeSync(folder, { recursive: true }));

const test = testsInLanes(hostTest);
for (const [what, args, code, words, register, setting] of cases) {
  test(
    `main.ts refuses ${what} with ${code} and plain words`,
    () => orchid(args, { cwd: folder, ...setting }),
    (outcome) => assertEquals(outcome, { code, stdout: "", stderr: `orchid: ${words}\n` }),
    register,
  );
}
