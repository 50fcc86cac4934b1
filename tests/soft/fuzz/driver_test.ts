/** Tests that driver.bin is what its source makes. */

import { assertEquals } from "@std/assert";
import { toolPrefix } from "../../../tools/toolchain.ts";
import { assemblerTest } from "../../toolchain.ts";
import { buildDriver } from "./build.ts";

assemblerTest("driver.bin is built from driver.s", async () => {
  const built = await buildDriver(await toolPrefix("as") ?? "");
  assertEquals(await Deno.readFile(new URL("driver.bin", import.meta.url)), built);
});
