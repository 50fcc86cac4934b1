/** Boots Linux to a shell, and works there. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { hasPmu } from "../pmu_test_case.ts";
import { testsThatNeed } from "../test_case.ts";
import { LinuxSession, linuxTest } from "./session.ts";

linuxTest("Linux boots to a shell with one vCPU, and switches off", async () => {
  using session = await LinuxSession.start();
  const before = session.terminal.settings;
  assertEquals(await session.run("nproc"), "1\n");
  assertMatch(await session.run("uname -sm"), /Linux aarch64/);
  const date = Date.parse((await session.run("date -u -Iseconds")).trim());
  assert(Math.abs(date - Date.now()) < 60_000, "the clock is right");
  assertEquals(session.terminal.isCooked, false);
  session.type("poweroff -f\r");
  const { code, stdout, stderr } = await session.end();
  assertEquals(code, 0, stderr);
  assertMatch(stdout, /reboot: Power down/);
  assert(session.terminal.isCooked, "the terminal is as it was");
  assert(before.length > 0);
});

linuxTest("Linux with two vCPUs has interrupts on both, and its devices", async () => {
  using session = await LinuxSession.start(["--smp", "2"]);
  assertEquals(await session.run("nproc"), "2\n");
  const interrupts = await session.run("cat /proc/interrupts");
  assertMatch(interrupts, /arch_timer/);
  assertMatch(interrupts, /33 Level +uart-pl011/);
  assertMatch(interrupts, /rtc-pl031/);
  assertMatch(await session.run("cat /proc/cpuinfo"), /processor\t: 1/);
  session.type("exit\r");
  assertEquals((await session.end()).code, 0);
});

testsThatNeed("Linux, and a PMU", hasPmu && !linuxTest.ignores)(
  "Linux with two vCPUs has the interrupts of their PMUs",
  async () => {
    using session = await LinuxSession.start(["--smp", "2", "--pmu"]);
    assertMatch(await session.run("cat /proc/interrupts"), /23 Level +arm-pmu/);
    session.type("exit\r");
    assertEquals((await session.end()).code, 0);
  },
);

linuxTest("Linux with four vCPUs takes CPUs away and back while it runs", async () => {
  using session = await LinuxSession.start(["--smp", "4", "--memory", "256M"]);
  assertEquals(await session.run("nproc"), "4\n");
  const online = "/sys/devices/system/cpu/cpu3/online";
  for (let i = 0; i < 3; i++) {
    assertEquals(await session.run(`echo 0 > ${online}; nproc`), "3\n");
    assertEquals(await session.run(`echo 1 > ${online}; nproc`), "4\n");
  }
  session.type("exit\r");
  assertEquals((await session.end()).code, 0);
});

linuxTest("Linux shuts itself down at the power key, by Ctrl-A p", async () => {
  using session = await LinuxSession.start();
  session.type("\x01p");
  const { code, stdout } = await session.end();
  assertEquals(code, 0);
  assertMatch(stdout, /The power key was pressed/);
});

linuxTest("Linux shuts itself down at SIGTERM", async () => {
  using session = await LinuxSession.start();
  session.kill("SIGTERM");
  const { code, stdout, stderr } = await session.end();
  assertEquals(code, 0);
  assertMatch(stdout, /The power key was pressed/);
  assertMatch(stderr, /SIGTERM: pressed/);
  assert(session.terminal.isCooked, "the terminal is as it was");
});

linuxTest("Linux starts again when it asks for that, and then ends at Ctrl-A x", async () => {
  using session = await LinuxSession.start();
  session.type("echo fir''st; reboot -f\r");
  await session.hasPrinted("first");
  await session.hasPrinted("reboot: Restarting system");
  // The second boot's prompt.
  session.type("echo sec''ond\r");
  await session.hasPrinted("second");
  session.type("\x01?\x01s");
  await session.hasSaid("Ctrl-A x ends");
  await session.hasSaid("KVM_EXIT_MMIO");
  session.type("\x01x");
  const { code } = await session.end();
  assertEquals(code, 0);
  assert(session.terminal.isCooked, "the terminal is as it was");
});

linuxTest("Ctrl-A Ctrl-A sends one Ctrl-A, and Ctrl-C is the guest's", async () => {
  using session = await LinuxSession.start();
  session.type("echo re''ady; cat -v\r");
  // The shell reads ahead of the line that it runs.
  await session.hasPrinted("ready");
  session.type("cat sees \x01\x01\r");
  await session.hasPrinted("cat sees ^A");
  session.type("\x03");
  // What is typed before the shell is back is thrown away with the signal.
  await session.hasPrinted("^C\r\norchid");
  assertEquals(await session.run("echo $?"), "130\n");
  session.type("\x01x");
  assertEquals((await session.end()).code, 0);
});
