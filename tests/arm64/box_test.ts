/** One run of the ARM box that looks at everything it carries from here to there and back. */

import { assertEquals } from "@std/assert";
import { canStartBox } from "./can_start_box.ts";
import { runInBox } from "./box.ts";

Deno.test({
  name: "runInBox carries arguments, input, both outputs, files and the exit code",
  ignore: !canStartBox,
  fn: async () => {
    const input = crypto.getRandomValues(new Uint8Array(65536));
    const script = `
      cat
      printf '%s|' "$@" >&2
      [ -c /dev/kvm ] && [ "$ORCHID_BOX" = 1 ] && cmp -s deno.json /extra/copy && exit 42
    `;
    const command = ["sh", "-c", script, "sh", "it's", "", "$HOME\n", "幽兰"];
    const result = await runInBox({
      command,
      stdin: input,
      stdout: "piped",
      stderr: "piped",
      files: { "/extra/copy": new URL("../../deno.json", import.meta.url).pathname },
    });
    assertEquals(new TextDecoder().decode(result.stderr), "it's||$HOME\n|幽兰|");
    assertEquals(result.stdout, input);
    assertEquals(result.code, 42);
  },
});
