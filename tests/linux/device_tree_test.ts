/** Boots Linux with device trees that are written to files and read from them. */

import { join } from "@std/path";
import { assertEquals } from "@std/assert";
import { TempFolder } from "../temp_folder.ts";
import { LinuxSession, linuxTest } from "./session.ts";

/** Boots, and gives what Linux takes the machine for. */
async function modelOf(options: string[]): Promise<string> {
  using session = await LinuxSession.start(options);
  const model = await session.run("cat /proc/device-tree/model");
  session.type("\x01x");
  assertEquals((await session.end()).code, 0);
  return model;
}

linuxTest("Linux boots with the device tree that Orchid wrote, and gets the same one", async () => {
  using folder = new TempFolder();
  const [own, given] = ["own.dtb", "given.dtb"].map((name) => join(folder.path, name));
  await modelOf(["--dump-dtb", own!]);
  assertEquals(await modelOf(["--dtb", own!, "--dump-dtb", given!]), "orchid,virt\0");
  assertEquals(Deno.readFileSync(given!), Deno.readFileSync(own!));
});
