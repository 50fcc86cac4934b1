/** Tests the names of exit reasons. */

import { assertEquals } from "@std/assert";
import * as exit from "../../vm/exit.ts";

Deno.test("exitReasonName gives every exit reason its uapi name", () => {
  const reasons = Object.entries(exit).filter(([name]) => name.startsWith("KVM_EXIT_"));
  assertEquals(
    reasons.map(([, reason]) => exit.exitReasonName(reason as number)),
    reasons.map(([name]) => name),
  );
});

Deno.test("exitReasonName shows a reason without a name by its number", () => {
  assertEquals(exit.exitReasonName(99), "exit reason 99");
});
