/** Works at Linux's virtio console: at a terminal, and through pipes. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { orchidCommand } from "../orchid_command.ts";
import { within } from "../within.ts";
import { linuxArguments, LinuxSession, linuxTest } from "./session.ts";
import { readBytes, untilReady } from "./pipe.ts";

const SIZE = 2 ** 20;
/** Longer than that takes in an emulated box on a busy host, in seconds. */
const LIMIT = 600;
/** Ctrl-O: what is typed behind it at a console that is hvc0 goes to Linux itself, as a SysRq key. */
const CTRL_O = 0x0f;

/** As well as ttyAMA0, where Linux prints before there is a driver for hvc0. */
const CONSOLES = "console=hvc0 quiet";

linuxTest("Linux has its shell on hvc0, and learns the size of the window", async () => {
  using session = await LinuxSession.start(["--console", "virtio"], CONSOLES, (terminal) => {
    terminal.resize(97, 31);
  });
  assertEquals(await session.run("tty"), "/dev/hvc0\n");
  assertEquals(await session.run("stty size"), "31 97\n");
  assertMatch(await session.run("cat /proc/interrupts"), /Edge +virtio0/);
  session.terminal.resize(132, 43);
  // The signal may take its time.
  assertEquals(
    await session.run("until [ \"`stty size`\" = '43 132' ]; do sleep 0.1; done; stty size"),
    "43 132\n",
  );
  session.type("echo re''ady; cat -v\r");
  // The shell reads ahead of the line that it runs.
  await session.hasPrinted("ready");
  session.type("sees \x0f\x0f\x01\x01\r");
  await session.hasPrinted("sees ^O^A");
  session.type("\x03");
  await session.hasPrinted("^C\r\norchid");
  session.type("exit\r");
  const { code, stdout, stderr } = await session.end();
  assertEquals(code, 0, stderr);
  assertMatch(stdout, /reboot: Power down/);
  assert(session.terminal.isCooked, "the terminal is as it was");
});

linuxTest("Linux starts again with its shell on hvc0", async () => {
  using session = await LinuxSession.start(["--console", "virtio"], CONSOLES);
  session.type("echo fir''st; reboot -f\r");
  await session.hasPrinted("reboot: Restarting system");
  // Keys that come before it has are given to a guest that is about to be gone.
  const typing = setInterval(() => session.type("echo sec''ond on $(tty)\r"), 1000);
  await session.hasPrinted("second on /dev/hvc0");
  clearInterval(typing);
  session.type("\x01x");
  assertEquals((await session.end()).code, 0);
});

linuxTest(
  "Linux has its shell on the serial port where there is no hvc0",
  async () => {
    using session = await LinuxSession.start([], CONSOLES);
    assertEquals(await session.run("tty"), "/dev/ttyAMA0\n");
    session.type("exit\r");
    assertEquals((await session.end()).code, 0);
  },
);

linuxTest("Linux gives 1 MiB from a pipe back through hvc0, byte by byte", async () => {
  const input = new Uint8Array(SIZE);
  for (let i = 0; i < SIZE; i += 65536) crypto.getRandomValues(input.subarray(i, i + 65536));
  for (let i = 0; i < SIZE; i++) if (input[i] === CTRL_O) input[i] = 0;
  const script = `stty raw -echo; echo -e 'ready\\r'; head -c ${SIZE} | tee x; ` +
    "sha1sum <x; poweroff -f";
  const args = linuxArguments(["--console", "virtio"], `${CONSOLES} orchid.run="${script}"`)
    // Then there is no console at all before the driver is loaded.
    .map((argument) => argument.replace("console=ttyAMA0 ", ""));
  const child = orchidCommand(args, { stdin: "piped" }).spawn();
  const reader = child.stdout.getReader();
  const rest = await within(LIMIT, "the guest", untilReady(reader));
  const writer = child.stdin.getWriter();
  const written = writer.write(input);
  const output = await within(LIMIT, "all bytes", readBytes(reader, rest, SIZE + 40));
  await written;
  await writer.close();
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-1", input));
  const wrong = input.findIndex((byte, i) => byte !== output[i]);
  assertEquals(wrong, -1, `byte ${wrong} is another one`);
  assertEquals(new TextDecoder().decode(output.subarray(SIZE)), sum.toHex());
  // The kernel has a last word.
  while (!(await reader.read()).done);
  await child.stderr.cancel();
  assertEquals((await within(LIMIT, "the end", child.status)).code, 0);
});

linuxTest("Linux waits at hvc0 while nobody reads its output, and loses none of it", async () => {
  const script = "stty raw -echo; head -c 1000000 /dev/urandom >x; echo -e 'ready\\r'; " +
    "sha1sum <x | head -c 40; cat x; poweroff -f";
  const args = linuxArguments(["--console", "virtio"], `${CONSOLES} orchid.run="${script}"`);
  const child = orchidCommand(args, { stdin: "null" }).spawn();
  const reader = child.stdout.getReader();
  const rest = await within(LIMIT, "the guest", untilReady(reader));
  await new Promise((resolve) => setTimeout(resolve, 5000));
  const output = await within(LIMIT, "all bytes", readBytes(reader, rest, 40 + 1_000_000));
  const bytes = output.slice(40);
  assertEquals(bytes.length, 1_000_000);
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-1", bytes));
  assertEquals(new TextDecoder().decode(output.subarray(0, 40)), sum.toHex());
  while (!(await reader.read()).done);
  await child.stderr.cancel();
  assertEquals((await within(LIMIT, "the end", child.status)).code, 0);
});
