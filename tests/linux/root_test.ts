/** Tells Linux to go on with the system on a disk where there is none; tests/arm64/debian_test.ts has one. */

import { assertEquals, assertMatch } from "@std/assert";
import { LinuxSession, linuxTest } from "./session.ts";

linuxTest("Linux gives a shell where root= names no disk", async () => {
  using session = await LinuxSession.start([], "quiet root=/dev/vda rw");
  assertMatch(await session.run("mount"), /^sys on \/sys/m);
  session.type("exit\r");
  const { code, stdout } = await session.end();
  assertEquals(code, 0);
  assertMatch(stdout, /There is no Linux at root=\/dev\/vda; here is a shell\./);
});
