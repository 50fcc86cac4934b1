/** Runs the guests that end as they wish to: what each one prints, and how it ends. */

import { assertEquals } from "@std/assert";
import { loadElf } from "../../boot/elf.ts";
import { fileOf } from "../../boot/guest_file.ts";
import { elfFile } from "../elf_file.ts";
import { guestCode, type Run, runGuest } from "../guest_run.ts";
import { acrossAccelerators } from "../soft/accelerators.ts";

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
  acrossAccelerators(`${name} prints what it is to, and ends with ${kind}`, async (system) => {
    const ran = await runGuest(system, guestCode(name));
    assertEquals([ran.output, ran.end], [output, { kind }]);
  });

  acrossAccelerators(`${name} does the same with an exit for each byte`, async (system) => {
    const ran = await runGuest(system, guestCode(name), { coalesce: false });
    assertEquals([ran.output, ran.end], [output, { kind }]);
  });
}

acrossAccelerators("console-bench prints all of its 20,000 bytes", async (system) => {
  const { output, end } = await runGuest(system, guestCode("console-bench"));
  assertEquals([output, end.kind], [".".repeat(20_000), "shutdown"]);
});

acrossAccelerators("console-bench prints them with an exit for each byte", async (system) => {
  const { output, end } = await runGuest(system, guestCode("console-bench"), { coalesce: false });
  assertEquals([output, end.kind], [".".repeat(20_000), "shutdown"]);
});

acrossAccelerators("lines ends after its first line where it is to", async (system) => {
  const { output, end } = await runGuest(system, guestCode("lines"), { exitOnNewline: true });
  assertEquals([output, end.kind], ["one\n", "newline"]);
});

acrossAccelerators("hello runs at another address", async (system) => {
  const { output } = await runGuest(system, guestCode("hello"), { loadAddress: 0x1_8000 });
  assertEquals(output, "Hello\n");
});

acrossAccelerators("hello runs from its third instruction", async (system) => {
  // x4, set by the first one, is 0 then: nothing is printed.
  const { output, end } = await runGuest(system, guestCode("hello"), { entry: 0x1_0008 });
  assertEquals([output, end.kind], ["", "end-of-code"]);
});

acrossAccelerators("hello runs in a single page of memory", async (system) => {
  const { output, end } = await runGuest(system, guestCode("hello"), { memory: 4096 });
  assertEquals([output, end.kind], ["Hello\n", "end-of-code"]);
});

acrossAccelerators(
  "hello runs at the end of memory, and crashes when its code ends there",
  async (system) => {
    const program = guestCode("hello");
    const loadAddress = 0x1_1000 - program.length;
    const { output, end } = await runGuest(system, program, { memory: 4096, loadAddress });
    assertEquals([output, end.kind], ["Hello\n", "crash"]);
  },
);

acrossAccelerators("hello runs in 2 GiB of memory", async (system) => {
  const { output } = await runGuest(system, guestCode("hello"), {
    memory: 2 ** 31,
    loadAddress: 2 ** 31 - 0x1000,
  });
  assertEquals(output, "Hello\n");
});

acrossAccelerators("hello prints to a writer that takes a byte at a time", async (system) => {
  let text = "";
  const output = {
    write(bytes: Uint8Array): Promise<number> {
      text += String.fromCharCode(bytes[0]!);
      return Promise.resolve(1);
    },
  };
  await runGuest(system, guestCode("hello"), { output });
  assertEquals(text, "Hello\n");
});

acrossAccelerators(
  "two machines run one after the other on one system's kernel",
  async (system) => {
    const first = await runGuest(system, guestCode("hello"));
    const second = await runGuest(system, guestCode("lines"));
    assertEquals([first.output, second.output], ["Hello\n", "one\ntwo\nthree\n"]);
  },
);

acrossAccelerators("hello runs from an ELF file", async (system) => {
  const segments = [{ address: 0x1_8000, virtAddr: 0x8000_0000, bytes: guestCode("hello") }];
  const room = { start: 0x1_0000, end: 0x2_0000 };
  const elf = loadElf(fileOf("hello.elf", elfFile({ entry: 0x8000_0000, segments })), room);
  const { output, end } = await runGuest(system, elf.program, elf);
  assertEquals([output, end.kind], ["Hello\n", "end-of-code"]);
});
