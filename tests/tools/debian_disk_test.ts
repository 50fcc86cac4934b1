/** Tests what `deno task debian-disk` refuses; tests/arm64/debian_test.ts boots what it makes. */

import { assertEquals, assertRejects } from "@std/assert";
import { writeDebianDisk } from "../../tools/debian_disk.ts";
import { ToolError } from "../../tools/run.ts";
import { TempFolder } from "../temp_folder.ts";

Deno.test("writeDebianDisk writes over no file", async () => {
  using folder = new TempFolder();
  const path = `${folder.path}/disk.img`;
  Deno.writeTextFileSync(path, "precious");
  await assertRejects(() => writeDebianDisk(path, 2 ** 30), ToolError, `${path} is there already`);
  assertEquals(Deno.readTextFileSync(path), "precious");
});
