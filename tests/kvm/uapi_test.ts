/** Compares the constants of the KVM interface with the kernel's header. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import * as uapi from "../../kvm/uapi.ts";
import * as exit from "../../vm/exit.ts";
import { type Expectation, wrongExpectations } from "../c_assertions.ts";
import { headerTest } from "../toolchain.ts";

/** Every number that a module exports, by name. */
function constants(module: Record<string, unknown>): Expectation[] {
  return Object.entries(module).filter((entry): entry is [string, number | bigint] =>
    ["number", "bigint"].includes(typeof entry[1])
  );
}

headerTest("uapi has the values of linux/kvm.h and asm/kvm.h", () => {
  const all = constants(uapi);
  assert(all.length > 60);
  assertEquals(wrongExpectations(all), "");
});

headerTest("exit has the exit reasons and system events of linux/kvm.h", () => {
  const { DEFERRED_WRITES, ...kernels } = exit;
  assert(DEFERRED_WRITES < 0, "the kernel's reasons are not");
  const all = constants(kernels);
  assert(all.length > 15);
  assertEquals(wrongExpectations(all), "");
});

headerTest("the comparison with the headers refuses a wrong constant", () => {
  const all = constants({ ...uapi, KVM_CAP_ARM_NISV_TO_USER: 178 });
  assertStringIncludes(wrongExpectations(all), "Orchid says 178");
});

Deno.test("KVM_API_VERSION is 12", () => {
  assertEquals(uapi.KVM_API_VERSION, 12);
});

Deno.test("KVM_CAP_ARM_NISV_TO_USER is 177", () => {
  assertEquals(uapi.KVM_CAP_ARM_NISV_TO_USER, 177);
});
