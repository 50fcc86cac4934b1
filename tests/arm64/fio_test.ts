/** Lets fio write to disks in blocks of random sizes, many at a time, and verify all of them. */

import { assertEquals } from "@std/assert";
import { linuxImage } from "../../tools/linux_image.ts";
import { writeInitrd } from "../initrd.ts";
import { TempFolder } from "../temp_folder.ts";
import { fioArchive } from "./guest_programs.ts";
import { boxTest, inBox, INITRD, orchidWords } from "./linux_in_box.ts";

/** How often fio is run for each number of vCPUs, with other sizes and depths each time. */
const ROUNDS = 3;
/** The most that one job writes in a round, in KiB; how far the jobs are from each other. */
const MOST = 32 * 1024;
const DISK_MIB = 2 * MOST / 1024;

/** A whole number below this one. */
const below = (limit: number) => Math.floor(Math.random() * limit);

/** The guest's script: $1 is how many of fio's jobs there are, each with a part of the disk. */
function script(): string {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const [depth, largest] = [1 + below(64), 2 ** below(9)];
    // Some 600 blocks, whatever their sizes.
    const size = Math.min(largest * 300, MOST);
    return `
echo "$1 jobs, depth ${depth}, up to ${largest} KiB"
fio --name=verify --filename=/dev/vda --numjobs=$1 --offset_increment=${MOST}k --thread \\
  --ioengine=libaio --direct=1 --rw=randwrite --bsrange=512-${largest}k --size=${size}k \\
  --iodepth=${depth} --randseed=${below(2 ** 31)} --verify=crc32c --verify_fatal=1 \\
  --eta=never --output=/log && echo verified || cat /log`;
  });
  return `${rounds.join("\n")}\n`;
}

boxTest("fio verifies what it wrote to a disk with one vCPU, and with two", async () => {
  using folder = new TempFolder();
  const initrd = `${folder.path}/initrd`;
  writeInitrd(initrd, [(await linuxImage()).initrd, await fioArchive()], { "fio.sh": script() });
  const run = (vcpus: number) =>
    orchidWords(`--smp ${vcpus} --memory 1G --disk /tmp/disk`, `sh /fio.sh ${vcpus}`);
  const words = `truncate -s ${DISK_MIB}M /tmp/disk && ${run(1)} && ${run(2)}`;
  const output = await inBox(words, { files: { [INITRD]: initrd } });
  assertEquals(output.match(/^verified$/gm)?.length, 2 * ROUNDS, output);
});
