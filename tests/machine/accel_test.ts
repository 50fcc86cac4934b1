/** Tests the choice of what executes the guest. */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { openSystem } from "../../machine/accel.ts";
import { silent } from "../../vm/trace.ts";
import { KvmUnavailableError } from "../../kvm/system.ts";
import { kvmTest, noKvmTest } from "../test_case.ts";

Deno.test("openSystem takes the software CPU where that is asked for", async () => {
  using system = await openSystem("soft");
  assertEquals(system.accel, "soft");
});

kvmTest("openSystem takes KVM where there is one, and says nothing", async () => {
  const told: string[] = [];
  using system = await openSystem("auto", silent, (why) => told.push(why));
  assertEquals([system.accel, told], ["kvm", []]);
});

noKvmTest("openSystem takes the software CPU where there is no KVM, and says why", async () => {
  const told: string[] = [];
  using system = await openSystem("auto", silent, (why) => told.push(why));
  assertEquals([system.accel, told.length], ["soft", 1]);
  assertStringIncludes(told[0] ?? "", Deno.build.arch);
});

noKvmTest("openSystem does not fall back where KVM is asked for", async () => {
  await assertRejects(() => openSystem("kvm"), KvmUnavailableError);
});
