/** Gives Linux random numbers by virtio. */

import { assertEquals, assertMatch } from "@std/assert";
import { runParameter } from "../../tools/linux_image.ts";
import { orchidCommand } from "../orchid_command.ts";
import { linuxArguments, linuxTest } from "./session.ts";

linuxTest("Linux takes random numbers from virtio-rng", async () => {
  const script = "cat /sys/class/misc/hw_random/rng_current; " +
    "head -c 20000 /dev/hwrng | od -An -v -tu1 -w1 | sort -u | wc -l; " +
    "cat /proc/interrupts; poweroff -f";
  const args = linuxArguments(["--rng", "--stats"], `quiet ${runParameter(script)}`);
  const { code, stdout, stderr } = await orchidCommand(args, { stdin: "null" }).output();
  const [said, told] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(code, 0, told);
  assertMatch(said!, /^virtio_rng/m);
  assertMatch(said!, /^ *256\r?$/m);
  assertMatch(said!, /GICv3 +48 Edge +virtio0/);
  assertMatch(told!, /^virtio-rng +\d+ loads, \d+ stores$/m);
});
