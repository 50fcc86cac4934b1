/** Kills Orchid while a guest writes to its disk: what the guest has been told is safe must be so. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { runParameter } from "../../tools/linux_image.ts";
import { writeInitrd } from "../initrd.ts";
import { orchidCommand } from "../orchid_command.ts";
import { RunningCommand } from "../running_command.ts";
import { TempFolder } from "../temp_folder.ts";
import { E2FSPROGS, INITRD, linuxArguments, linuxTest } from "./session.ts";

const KILLS = 20;
const SIZE = 128 * 2 ** 20;
/** The longest that a guest goes on writing, in milliseconds. */
const LONGEST = 2500;
/** One of so many is killed while the journal is replayed, or a little later. */
const EARLY = 4;
/** How long that may take, in milliseconds. */
const EARLY_LONGEST = 300;

const SCRIPT = Deno.readTextFileSync(new URL("crash.sh", import.meta.url));

/** Starts a guest for which so many files are safe. */
function start(folder: string, safe: number, vcpus: number, what = ""): RunningCommand {
  const options = ["--smp", String(vcpus), "--disk", `${folder}/disk.img`];
  const append = `quiet ${runParameter(`sh /crash.sh ${safe} ${what}`)}`;
  return new RunningCommand(
    orchidCommand(linuxArguments(options, append, `${folder}/initrd`)),
  );
}

/** Lets a guest write, and kills Orchid at some moment; gives the number of files that are safe now. */
async function writeAndDie(folder: string, safe: number, kill: number): Promise<number> {
  const running = start(folder, safe, 1 + kill % 2);
  const isEarly = safe > 0 && kill % EARLY === 0;
  await running.hasPrinted(isEarly ? "mounting" : "writing");
  const delay = Math.random() * (isEarly ? EARLY_LONGEST : LONGEST);
  await new Promise((resolve) => setTimeout(resolve, delay));
  running.kill("SIGKILL");
  const { stdout } = await running.end();
  assert(!stdout.includes("WRONG"), `kill ${kill}:\n${stdout}`);
  // Of a line without an end, the rest of the number may be missing.
  return Math.max(safe, ...[...stdout.matchAll(/^safe: (\d+)\r?\n/gm)].map((match) => +match[1]!));
}

linuxTest(`Linux finds what it wrote and synced after ${KILLS} crashes of Orchid`, async () => {
  using folder = new TempFolder();
  writeInitrd(`${folder.path}/initrd`, [INITRD!, E2FSPROGS!], { "crash.sh": SCRIPT });
  Deno.writeFileSync(`${folder.path}/disk.img`, new Uint8Array());
  Deno.truncateSync(`${folder.path}/disk.img`, SIZE);
  let safe = 0;
  for (let kill = 1; kill <= KILLS; kill++) {
    safe = await writeAndDie(folder.path, safe, kill);
  }
  assert(safe >= KILLS, `only ${safe} files`);
  const { code, stdout, stderr } = await start(folder.path, safe, 1, "end").end();
  assertEquals(code, 0, stderr);
  assertMatch(stdout, new RegExp(`^intact: ${safe}\r?$`, "m"));
});
