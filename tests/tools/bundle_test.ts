/** `deno task bundle` makes a program of one file, which says itself how it is run. */

import { assertEquals } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { bundle, V8_FLAGS } from "../../tools/bundle.ts";
import { outcome } from "../orchid_command.ts";
import { TempFolder } from "../temp_folder.ts";
import { testsThatNeed } from "../test_case.ts";

const bundleTest = testsThatNeed("a host that is not emulated", !Deno.env.has("ORCHID_BOX"));

/** The command in a script's first line, after `#!/usr/bin/env -S`. */
function interpreter(script: string): string[] {
  const [line = ""] = Deno.readTextFileSync(script).split("\n");
  const [env, split, ...words] = line.split(" ");
  assertEquals([env, split], ["#!/usr/bin/env", "-S"]);
  return words;
}

bundleTest("the one file runs by itself, guests and all, as its first line says", async () => {
  using folder = new TempFolder();
  const orchid = join(folder.path, "orchid.js");
  await bundle(orchid);
  const [deno, ...args] = interpreter(orchid);
  assertEquals([deno, ...args], ["deno", "run", "--allow-ffi", ...V8_FLAGS]);
  assertEquals(Deno.statSync(orchid).mode! & 0o111, 0o111);
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args, "--no-prompt", orchid, "--accel", "soft", "hello"],
    cwd: folder.path,
  });
  const { code, stdout, stderr } = outcome(command.outputSync());
  assertEquals([code, stdout], [0, "Hello\n"], stderr);
});

Deno.test("main.ts is run as the one file is", () => {
  const main = fromFileUrl(new URL("../../main.ts", import.meta.url));
  assertEquals(interpreter(main), ["deno", "run", "--allow-ffi", ...V8_FLAGS]);
});
