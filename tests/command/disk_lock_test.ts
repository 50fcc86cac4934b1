/** Tests that two processes do not write to one disk. */

import { assertEquals } from "@std/assert";
import { guestPath, orchid, orchidCommand } from "../orchid_command.ts";
import { RunningCommand } from "../running_command.ts";
import { TempFolder } from "../temp_folder.ts";
import { kvmTest } from "../test_case.ts";

/** A virt machine that has this disk. */
function machine(disk: string, guest: string): string[] {
  return ["--machine", "virt", "--memory", "16M", "--disk", disk, guestPath(guest)];
}

/** Starts a guest that goes on for ever, and waits until it has begun. */
async function start(disk: string): Promise<RunningCommand> {
  const running = new RunningCommand(orchidCommand(machine(disk, "dot")));
  await running.hasPrinted(".");
  return running;
}

/** Runs a guest to its end; gives the exit code, and what is said last. */
async function tryDisk(disk: string): Promise<[code: number, words: string]> {
  const { code, stderr } = await orchid(machine(disk, "hello-psci"));
  return [code, stderr.trimEnd().split("\n").at(-1)!.replace(/^orchid: /, "")];
}

kvmTest("main.ts refuses a disk that another one has, until that is gone", async () => {
  using folder = new TempFolder();
  const disk = `${folder.path}/disk.img`;
  Deno.writeFileSync(disk, new Uint8Array(4096));
  const writer = await start(disk);
  try {
    const words = `${disk} is in use as another disk`;
    assertEquals(await tryDisk(disk), [1, words]);
    assertEquals(await tryDisk(`${disk},ro`), [1, `${words}, which is written`]);
  } finally {
    // A lock does not outlive its holder, whatever ends that.
    writer.kill("SIGKILL");
    await writer.end();
  }
  assertEquals((await tryDisk(disk))[0], 0);
});

kvmTest("main.ts takes a disk that another one has, if neither writes it", async () => {
  using folder = new TempFolder();
  const disk = `${folder.path}/disk.img`;
  Deno.writeFileSync(disk, new Uint8Array(4096));
  const reader = await start(`${disk},ro`);
  try {
    assertEquals((await tryDisk(`${disk},ro`))[0], 0);
    assertEquals(await tryDisk(disk), [1, `${disk} is in use as another disk`]);
  } finally {
    reader.kill("SIGKILL");
    await reader.end();
  }
});
