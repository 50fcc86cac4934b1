/** Tests what is asked of a host before any guest can run there. */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { SystemCallError } from "../../kvm/errno.ts";
import { checkApiVersion, checkHost, KvmSystem, KvmUnavailableError } from "../../kvm/system.ts";
import { KVM_CAP_ONE_REG, KVM_CAP_USER_MEMORY } from "../../kvm/uapi.ts";
import { silent } from "../../vm/trace.ts";
import { onePage } from "../kvm_vcpu.ts";
import { asNobody } from "../nobody.ts";
import { openFiles } from "../open_files.ts";
import { inTempFolder } from "../temp_folder.ts";
import { kvmTest, noKvmTest } from "../test_case.ts";

Deno.test("checkHost takes arm64 Linux", () => {
  checkHost("linux", "aarch64");
});

Deno.test("checkHost refuses an x86 host, whatever its /dev/kvm", () => {
  const error = assertThrows(() => checkHost("linux", "x86_64"), KvmUnavailableError);
  assertEquals(
    error.message,
    "the host is x86_64, and KVM runs arm64 guests only on an arm64 host",
  );
});

Deno.test("checkHost refuses another operating system", () => {
  const error = assertThrows(() => checkHost("darwin", "aarch64"), KvmUnavailableError);
  assertEquals(error.message, "KVM needs Linux; this host runs darwin");
});

Deno.test("checkApiVersion takes 12", () => {
  checkApiVersion(12);
});

for (const version of [-1, 0, 11, 13]) {
  Deno.test(`checkApiVersion refuses ${version}`, () => {
    const error = assertThrows(() => checkApiVersion(version), KvmUnavailableError);
    assertMatch(error.message, new RegExp(`^KVM_GET_API_VERSION says ${version}, expected 12`));
  });
}

noKvmTest("KvmSystem.open refuses this host before it opens anything", () => {
  assertThrows(() => KvmSystem.open(silent, "/nowhere/kvm"), KvmUnavailableError, Deno.build.arch);
});

kvmTest("KvmSystem.open says what to do where there is no /dev/kvm", () => {
  const error = assertThrows(() => KvmSystem.open(silent, "/nowhere/kvm"), SystemCallError);
  assertMatch(error.message, /^open \/nowhere\/kvm failed: ENOENT; this kernel has no KVM/);
});

kvmTest("KvmSystem.open says what to do where permissions forbid it", () => {
  inTempFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/kvm`, "", { mode: 0o000 });
    const open = () => asNobody(() => KvmSystem.open(silent, `${folder}/kvm`));
    const error = assertThrows(open, SystemCallError);
    assertMatch(error.message, /failed: EACCES; join the group .*usermod -aG kvm/);
  });
});

kvmTest("KvmSystem.open names the ioctl that something other than KVM refuses", () => {
  const error = assertThrows(() => KvmSystem.open(silent, "/dev/null"), SystemCallError);
  assertEquals(error.message, "KVM_GET_API_VERSION failed: ENOTTY");
});

kvmTest("KvmSystem.open leaves nothing open when it fails", () => {
  const before = openFiles();
  assertThrows(() => KvmSystem.open(silent, "/dev/null"), SystemCallError);
  assertEquals(openFiles(), before);
});

kvmTest("KvmSystem closes what it has opened", () => {
  const before = openFiles();
  KvmSystem.open()[Symbol.dispose]();
  assertEquals(openFiles(), before);
});

kvmTest("KvmSystem.checkExtension tells what the kernel offers", () => {
  using system = KvmSystem.open();
  assert(system.checkExtension(KVM_CAP_USER_MEMORY) > 0);
  assert(system.checkExtension(KVM_CAP_ONE_REG) > 0);
});

kvmTest("KvmSystem.checkExtension gives 0 for what the kernel lacks", () => {
  using system = KvmSystem.open();
  assertEquals(system.checkExtension(1_000_000), 0);
});

kvmTest("KvmSystem tells its steps", () => {
  const steps: string[] = [];
  const trace = { step: (text: string) => void steps.push(text), note() {} };
  using system = KvmSystem.open(trace);
  using _vm = system.createVm(onePage().memory);
  assertMatch(
    steps.join("\n"),
    /^Open \/dev\/kvm, fd is \d+\nKVM API version is 12\nCreate VM, fd is \d+, guest addresses have \d+ bits$/,
  );
});
