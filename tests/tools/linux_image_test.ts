/** A command reaches the small Linux guest through the kernel's command line, or is refused. */

import { assertEquals, assertThrows } from "@std/assert";
import { runParameter } from "../../tools/linux_image.ts";
import { ToolError } from "../../tools/run.ts";

Deno.test("runParameter quotes a command", () => {
  const command = "cat '/proc/cpuinfo' | head -3; poweroff -f";
  assertEquals(runParameter(command), `orchid.run="${command}"`);
});

for (const command of ['echo "x"', "true\nfalse"]) {
  Deno.test(`runParameter refuses ${JSON.stringify(command)}`, () => {
    assertThrows(() => runParameter(command), ToolError, "command line");
  });
}
