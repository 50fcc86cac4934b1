/** Runs guests that never end: their output is seen, and the host ends them. */

import { assert, assertEquals } from "@std/assert";
import type { End, System } from "../../mod.ts";
import { guestCode, type Run, runGuest } from "../guest_run.ts";
import { MemoryWriter, silentReader, stuckWriter } from "../streams.ts";
import { acrossAccelerators } from "../soft/accelerators.ts";
import { within } from "../within.ts";
import * as programs from "./programs.ts";

const { flat } = programs;

/** How a guest ends that the host ends after a while. */
async function endAfter(
  system: System,
  milliseconds: number,
  program: Uint8Array,
  options: Run = {},
): Promise<End> {
  const controller = new AbortController();
  setTimeout(() => controller.abort("enough"), milliseconds);
  const { end } = await within(
    30,
    "run",
    runGuest(system, program, { ...options, signal: controller.signal }),
  );
  return end;
}

const enough: End = { kind: "aborted", reason: "enough" };

const guests: [what: string, program: () => Uint8Array, options?: Run][] = [
  ["that loops without ever leaving", () => guestCode("silence")],
  ["that sleeps until an interrupt", () => flat(programs.sleep)],
  ["that switched its CPU off", () => flat(programs.cpuOff)],
  ["that takes exceptions for ever", () => flat(programs.loopInVectors)],
  ["that prints for ever", () => flat(programs.flood), { output: new MemoryWriter() }],
  ["that prints for ever, byte by byte", () => flat(programs.flood), { coalesce: false }],
  ["whose output is stuck", () => flat(programs.flood), { output: stuckWriter }],
  ["that waits for input", () => guestCode("echo"), { input: silentReader }],
  ["that polls a device", () => flat(programs.pollDevice)],
];

for (const [what, program, options] of guests) {
  acrossAccelerators(`a guest ${what} is ended by its AbortSignal`, async (system) => {
    assertEquals(await endAfter(system, 300, program(), options), enough);
  });
}

acrossAccelerators("dot is seen while the guest still runs", async (system) => {
  const controller = new AbortController();
  let early: string | undefined;
  const output = new MemoryWriter();
  const write = output.write.bind(output);
  output.write = (bytes) => {
    early ??= controller.signal.aborted ? "late" : "early";
    controller.abort();
    return write(bytes);
  };
  setTimeout(() => controller.abort(), 10_000);
  await runGuest(system, guestCode("dot"), { output, signal: controller.signal });
  assertEquals([early, output.text], ["early", "."]);
});

acrossAccelerators("what a guest printed is seen while it waits for input", async (system) => {
  const controller = new AbortController();
  const output = new MemoryWriter();
  const input = {
    async read(): Promise<null> {
      while (output.text === "" && !controller.signal.aborted) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return null;
    },
  };
  setTimeout(() => controller.abort("never seen"), 10_000);
  const program = flat([...programs.flood.slice(0, 3), [0x39400001, "ldrb w1, [x0]"]]);
  const { end } = await runGuest(system, program, { input, output, signal: controller.signal });
  assertEquals([end.kind, output.text], ["end-of-code", "x"]);
});

acrossAccelerators(
  "a guest with a device that takes long to answer is ended by its AbortSignal",
  async (system) => {
    let answers = 0;
    const device = {
      read: () => {
        for (const start = performance.now(); performance.now() - start < 30;);
        // Enough for a second and more, many times what the signal asks for.
        return ++answers;
      },
      write() {},
    };
    await endAfter(system, 100, flat(programs.pollDevice), {
      before: ({ bus }) => bus.attach("slow", 0x2000, 1, device),
    });
    assert(answers < 15, `the signal was seen after ${answers} answers of 30 ms`);
  },
);
