/** Tests that bad input for the virt machine gets a clear end, on a host that has one to give. */

import { assertEquals, assertMatch } from "@std/assert";
import { gzip, imageFile, shortImage } from "../boot/kernel_file.ts";
import { testsInLanes } from "../lanes.ts";
import { guestPath, orchid } from "../orchid_command.ts";
import { kvmTest } from "../test_case.ts";

const MIB = 2 ** 20;

/** The files in the folder where the command runs. */
const files: Record<string, Uint8Array> = {
  "short.img": shortImage(),
  "large.img": imageFile({ imageSize: BigInt(32 * MIB) }),
  "cut.gz": (await gzip(imageFile())).subarray(0, 1000),
  "initrd.img": new Uint8Array(24 * MIB),
  "no.dtb": new Uint8Array(100),
  // Two cases are under way at a time, and a disk is locked: each has its own.
  "disk.img": new Uint8Array(4096),
  "other.img": new Uint8Array(4096),
  "half.img": new Uint8Array(1300),
  "empty.img": new Uint8Array(),
};

const hello = guestPath("hello");
const small = ["--machine", "virt", "--memory", "16M"];

/** Bad input: what it is, the arguments, the exit code, and what stderr says. */
const cases: [what: string, args: string[], code: number, words: RegExp][] = [
  [
    "an Image that is cut off",
    ["short.img"],
    1,
    /^short\.img is an arm64 Linux Image that is cut off: it has 4096 of 5096 bytes$/,
  ],
  [
    "a gzip file that is cut off",
    ["cut.gz"],
    1,
    /^cut\.gz is a gzip file that is damaged, cut off/,
  ],
  [
    "a kernel larger than memory",
    [...small, "large.img"],
    1,
    /^large\.img takes 33554432 bytes .* give the guest more with --memory$/,
  ],
  [
    "an initrd that does not fit",
    [...small, "--initrd", "initrd.img", hello],
    1,
    /^initrd\.img has 25165824 bytes, and there is room for \d+ .* with --memory$/,
  ],
  [
    "a missing initrd",
    ["--initrd", "missing.img", hello],
    1,
    /^open missing\.img failed: ENOENT; there is no such file$/,
  ],
  [
    "a missing disk",
    [...small, "--disk", "missing.img", hello],
    1,
    /^open missing\.img failed: ENOENT; there is no such file$/,
  ],
  [
    "a disk with half a sector",
    [...small, "--disk", "other.img", "--disk", "half.img", hello],
    1,
    /^half\.img has 1300 bytes, which is no multiple of a disk's sectors of 512$/,
  ],
  [
    "one file as two disks",
    [...small, "--disk", "disk.img", "--disk", "disk.img,ro", hello],
    1,
    /^disk\.img is in use as another disk, which is written$/,
  ],
  [
    "a folder as a disk",
    [...small, "--disk", ".", hello],
    1,
    /^open \. failed: EISDIR; it is a directory$/,
  ],
  [
    "a folder as a disk that is only read",
    [...small, "--disk", ".,ro", hello],
    1,
    /^read \. failed: EISDIR; it is a directory$/,
  ],
  [
    "an empty file as a disk",
    [...small, "--disk", "empty.img", hello],
    1,
    /^empty\.img is empty, and a disk has at least 512 bytes$/,
  ],
  [
    // Not even root may write it.
    "a disk that it may not write",
    [...small, "--disk", "/sys/kernel/uevent_seqnum", hello],
    1,
    /^open \/sys\/kernel\/uevent_seqnum failed: EACCES; its permissions forbid it; with ,ro it need/,
  ],
  [
    "a terminal as a disk",
    [...small, "--disk", "/dev/ptmx", hello],
    1,
    /^\/dev\/ptmx is no file and no block device$/,
  ],
  [
    "a device tree that is none",
    [...small, "--dtb", "no.dtb", hello],
    1,
    /^no\.dtb is no device tree: it does not start with the bytes d00dfeed$/,
  ],
  [
    "a folder that is not there for the device tree",
    [...small, "--dump-dtb", "missing/out.dtb", hello],
    1,
    /^open missing\/out\.dtb failed: ENOENT; there is no such folder$/,
  ],
  [
    "more memory than can be addressed",
    ["--machine", "virt", "--memory", "4000000G", hello],
    2,
    /^a memory of \d+ bytes is more than this host's guests can address: \d+ bits, \d+G of RAM$/,
  ],
  [
    "more memory than the host has",
    ["--machine", "virt", "--memory", "900G", hello],
    2,
    /^a memory of 966367641600 bytes is more than this host has: \d+$/,
  ],
  [
    "half a page of memory",
    ["--machine", "virt", "--memory", "100000", hello],
    2,
    /^a memory of 100000 bytes is no multiple of 64K$/,
  ],
  [
    "a CPU that the host has not",
    ["--cpus", "4095", hello],
    2,
    /^the host has no CPU 4095 that is online; there is: [\d,-]+$/,
  ],
  [
    "the software CPU",
    ["--machine", "virt", "--accel", "soft", hello],
    2,
    /^the virt machine needs KVM, and cannot run on the software CPU yet$/,
  ],
];

const folder = Deno.makeTempDirSync({ prefix: "orchid-test-" });
for (const [name, bytes] of Object.entries(files)) Deno.writeFileSync(`${folder}/${name}`, bytes);
Deno.test.afterAll(() => Deno.removeSync(folder, { recursive: true }));

const test = testsInLanes(kvmTest);
for (const [what, args, code, words] of cases) {
  test(
    `main.ts refuses ${what} for the virt machine with ${code} and plain words`,
    () => orchid(args, { cwd: folder }),
    (outcome) => {
      assertEquals([outcome.code, outcome.stdout], [code, ""]);
      const [said, ...more] = outcome.stderr.split("\n");
      assertMatch(said!.replace(/^orchid: /, ""), words);
      assertEquals(more, [""]);
    },
  );
}
