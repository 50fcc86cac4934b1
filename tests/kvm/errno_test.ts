/** Tests errno's names and the error that carries one. */

import { assertEquals } from "@std/assert";
import { Errno, errnoName, SystemCallError } from "../../kvm/errno.ts";
import { wrongExpectations } from "../c_assertions.ts";
import { headerTest } from "../toolchain.ts";

headerTest("Errno has the values of errno.h", () => {
  assertEquals(wrongExpectations(Object.entries(Errno)), "");
});

Deno.test("errnoName names an errno value", () => {
  assertEquals(errnoName(13), "EACCES");
});

Deno.test("errnoName shows a value without a name as it is", () => {
  assertEquals(errnoName(133), "errno 133");
});

Deno.test("SystemCallError names the call and the errno", () => {
  assertEquals(new SystemCallError("KVM_RUN", 14).message, "KVM_RUN failed: EFAULT");
});

Deno.test("SystemCallError says what to do where that is known", () => {
  const error = new SystemCallError("open /dev/kvm", 13, { EACCES: "join the group" });
  assertEquals(error.message, "open /dev/kvm failed: EACCES; join the group");
});

Deno.test("SystemCallError leaves out advice on another errno", () => {
  const error = new SystemCallError("open /dev/kvm", 2, { EACCES: "join the group" });
  assertEquals(error.message, "open /dev/kvm failed: ENOENT");
});

Deno.test("SystemCallError keeps the call and the errno for programs", () => {
  const { call, errno } = new SystemCallError("KVM_RUN", 14);
  assertEquals([call, errno], ["KVM_RUN", Errno.EFAULT]);
});
