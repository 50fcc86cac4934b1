/** Tests a tiny machine in the run loop, with exits made by hand: its output and input, and its ends from outside. */

import { assertEquals, assertRejects } from "@std/assert";
import { NOT_YET } from "../../devices/device.ts";
import { TinyMachine, type TinyMachineOptions } from "../../machine/tiny.ts";
import type { End } from "../../machine/end.ts";
import { run } from "../../main.ts";
import { type Exit, KVM_EXIT_INTR, KVM_EXIT_SYSTEM_EVENT } from "../../vm/exit.ts";
import { loadExit, storeExit } from "../mmio.ts";
import { idle, ScriptedSystem, ScriptedVcpu } from "../scripted_vm.ts";
import {
  blocks,
  bytesOf,
  failingWriter,
  MemoryWriter,
  silentReader,
  stuckWriter,
} from "../streams.ts";
import { within } from "../within.ts";

const program = new Uint8Array(4);
const intr: Exit = { reason: KVM_EXIT_INTR };
const off: Exit = { reason: KVM_EXIT_SYSTEM_EVENT, type: 1 };
const print = (letter: string) => storeExit(0x996, 1, BigInt(letter.charCodeAt(0)));
const takeInput = () => loadExit(0x996, 1);

/** A tiny machine whose vCPU makes these exits. */
function build(script: Iterable<Exit>, options: Partial<TinyMachineOptions>): TinyMachine {
  const streams = { output: new MemoryWriter(), input: silentReader };
  return new TinyMachine(new ScriptedSystem(new ScriptedVcpu(script)), {
    program,
    ...streams,
    ...options,
  });
}

/** A signal that is aborted soon. */
function soon(milliseconds = 20): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort("enough"), milliseconds);
  return controller.signal;
}

/** Runs a machine that the signal ends, if nothing else does. */
const ended = (machine: TinyMachine, signal = soon()) => within(20, "run", run(machine, signal));

const enough: End = { kind: "aborted", reason: "enough" };

Deno.test("run writes all that a tiny machine printed before it ended", async () => {
  const output = new MemoryWriter(1);
  await ended(build([...[..."Hello"].map(print), off], { output }), soon(10_000));
  assertEquals(output.text, "Hello");
});

Deno.test("run writes what a tiny machine printed at the next interruption", async () => {
  const output = new MemoryWriter();
  let early = "";
  function* script(): Generator<Exit> {
    yield print("x");
    yield intr;
    early = output.text;
    yield off;
  }
  await ended(build(script(), { output }));
  assertEquals(early, "x");
});

Deno.test("run gives a tiny machine its input", async () => {
  const load = takeInput();
  const machine = build([load, off], { input: blocks(bytesOf("k")) });
  await ended(machine);
  assertEquals(load.data.getUint8(0), 0x6b);
});

Deno.test("run ends a tiny machine that waits for input when its signal is aborted", async () => {
  assertEquals(await ended(build([takeInput()], {})), enough);
});

Deno.test("run ends a tiny machine that does nothing when its signal is aborted", async () => {
  assertEquals(await ended(build(idle(), {})), enough);
});

/** More than the console holds back. */
function* flood(): Generator<Exit> {
  for (let i = 0; i < 200_000; i++) yield i % 1000 === 999 ? intr : print("x");
}

Deno.test("run ends a tiny machine whose output is stuck when its signal is aborted", async () => {
  assertEquals(await ended(build(flood(), { output: stuckWriter })), enough);
});

Deno.test("run keeps the end of a tiny machine whose last output is stuck", async () => {
  const machine = build([print("x"), off], { output: stuckWriter });
  assertEquals(await ended(machine), { kind: "shutdown" });
});

Deno.test("run fails when a tiny machine's output cannot be written", async () => {
  const machine = build(flood(), { output: failingWriter });
  await assertRejects(() => ended(machine, soon(10_000)), Error, "nobody reads this");
});

Deno.test("run writes what a tiny machine printed while it waits for input", async () => {
  const output = new MemoryWriter();
  const input = { read: async () => (await seen(output), null) };
  assertEquals(await ended(build([print("x"), takeInput(), off], { output, input }), soon(2000)), {
    kind: "shutdown",
  });
});

Deno.test("run writes what a tiny machine printed while it waits for another device", async () => {
  const output = new MemoryWriter();
  const machine = build([print("x"), loadExit(0x2000, 1), off], { output });
  machine.bus.attach("slow", 0x2000, 1, {
    read: () => output.text === "" ? NOT_YET : 7,
    write() {},
    progress: () => seen(output),
  });
  assertEquals(await ended(machine, soon(2000)), { kind: "shutdown" });
});

Deno.test("run fails when a device fails while the guest waits for it", async () => {
  const unhandled: unknown[] = [];
  const note = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  addEventListener("unhandledrejection", note);
  const machine = build([loadExit(0x2000, 1), off], {});
  machine.bus.attach("broken", 0x2000, 1, {
    read: () => NOT_YET,
    write() {},
    progress: () => Promise.reject(new Error("the device broke")),
  });
  try {
    await assertRejects(() => ended(machine, soon(500)), Error, "the device broke");
    assertEquals(unhandled, []);
  } finally {
    removeEventListener("unhandledrejection", note);
  }
});

/** Resolves when something has been written. */
async function seen(output: MemoryWriter): Promise<void> {
  while (output.text === "") await new Promise((resolve) => setTimeout(resolve, 1));
}
