/** Runs the guests that end as they wish to: what each one prints, and how it ends. */

import { assertEquals } from "@std/assert";
import { guestCode, type Run, runGuest } from "../guest_run.ts";
import { kvmTest } from "../test_case.ts";

const zeroes = "0000000000000000\n".repeat(10);

const guests: [name: string, output: string, end: string, options?: Run][] = [
  ["hello", "Hello\n", "end-of-code"],
  ["hello-psci", "Hello\n", "shutdown"],
  ["lines", "one\ntwo\nthree\n", "shutdown"],
  ["reset", "once more\n", "reset"],
  ["vectors", "handled brk\nwent on\n", "shutdown"],
  ["mmio-widths", zeroes, "shutdown"],
  ["echo", "", "shutdown"],
];

for (const [name, output, kind] of guests) {
  kvmTest(`${name} prints what it is to, and ends with ${kind}`, async () => {
    const ran = await runGuest(guestCode(name));
    assertEquals([ran.output, ran.end], [output, { kind }]);
  });

  kvmTest(`${name} does the same with an exit for each byte`, async () => {
    const ran = await runGuest(guestCode(name), { coalesce: false });
    assertEquals([ran.output, ran.end], [output, { kind }]);
  });
}

kvmTest("console-bench prints all of its 20,000 bytes", async () => {
  const { output, end } = await runGuest(guestCode("console-bench"));
  assertEquals([output, end.kind], [".".repeat(20_000), "shutdown"]);
});

kvmTest("console-bench prints them with an exit for each byte", async () => {
  const { output, end } = await runGuest(guestCode("console-bench"), { coalesce: false });
  assertEquals([output, end.kind], [".".repeat(20_000), "shutdown"]);
});

kvmTest("lines ends after its first line where it is to", async () => {
  const { output, end } = await runGuest(guestCode("lines"), { exitOnNewline: true });
  assertEquals([output, end.kind], ["one\n", "newline"]);
});

kvmTest("hello runs at another address", async () => {
  const { output } = await runGuest(guestCode("hello"), { loadAddress: 0x1_8000 });
  assertEquals(output, "Hello\n");
});

kvmTest("hello runs from its third instruction", async () => {
  // x4, set by the first one, is 0 then: nothing is printed.
  const { output, end } = await runGuest(guestCode("hello"), { entry: 0x1_0008 });
  assertEquals([output, end.kind], ["", "end-of-code"]);
});

kvmTest("hello runs in a single page of memory", async () => {
  const { output, end } = await runGuest(guestCode("hello"), { memory: 4096 });
  assertEquals([output, end.kind], ["Hello\n", "end-of-code"]);
});

kvmTest("hello runs at the end of memory, and crashes when its code ends there", async () => {
  const program = guestCode("hello");
  const loadAddress = 0x1_1000 - program.length;
  const { output, end } = await runGuest(program, { memory: 4096, loadAddress });
  assertEquals([output, end.kind], ["Hello\n", "crash"]);
});

kvmTest("hello runs in 2 GiB of memory", async () => {
  const { output } = await runGuest(guestCode("hello"), {
    memory: 2 ** 31,
    loadAddress: 2 ** 31 - 0x1000,
  });
  assertEquals(output, "Hello\n");
});

kvmTest("hello prints to a writer that takes a byte at a time", async () => {
  let text = "";
  const output = {
    write(bytes: Uint8Array): Promise<number> {
      text += String.fromCharCode(bytes[0]!);
      return Promise.resolve(1);
    },
  };
  await runGuest(guestCode("hello"), { output });
  assertEquals(text, "Hello\n");
});

kvmTest("two machines run one after the other on one system's kernel", async () => {
  const first = await runGuest(guestCode("hello"));
  const second = await runGuest(guestCode("lines"));
  assertEquals([first.output, second.output], ["Hello\n", "one\ntwo\nthree\n"]);
});
