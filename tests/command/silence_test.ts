/** Tests the hint for whoever waits for a guest that prints nothing. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { hintAtSilence } from "../../command/silence.ts";
import type { VirtMachine } from "../../machine/virt.ts";
import { StderrCapture } from "../standard_streams.ts";

/** How long the guest may be silent in these tests, in milliseconds. */
const PATIENCE = 20;

/** What is said about a machine, of which as much is there as is looked at. */
async function hints(
  machine: object,
  wait = 5 * PATIENCE,
  console: "serial" | "virtio" = "serial",
): Promise<string> {
  using capture = new StderrCapture();
  using _hint = hintAtSilence(machine as VirtMachine, console, PATIENCE);
  await new Promise((resolve) => setTimeout(resolve, wait));
  return capture.text;
}

/** A machine whose vCPU is at one PC after the other. */
function silent(...pcs: bigint[]) {
  return { console: { bytesOut: 0 }, samplePc: () => pcs.shift() };
}

Deno.test("hintAtSilence tells of a vCPU that stays where it is", async () => {
  assertStringIncludes(await hints(silent(0x4000n, 0x4000n)), "its first vCPU stays at PC 0x4000");
});

Deno.test("hintAtSilence tells of a vCPU that runs, and how Linux prints", async () => {
  const said = await hints(silent(0x4000n, 0x5000n));
  assertStringIncludes(said, "its first vCPU runs, and is at PC 0x5000");
  assertStringIncludes(said, 'console=ttyAMA0"');
  assertStringIncludes(said, '"earlycon"');
  assertEquals(said.split("orchid:").length, 2);
});

Deno.test("hintAtSilence tells how Linux prints on a virtio console", async () => {
  const said = await hints(silent(0x4000n, 0x5000n), 5 * PATIENCE, "virtio");
  assertStringIncludes(said, '--append "console=hvc0"');
  assertStringIncludes(said, "virtio_console");
  assertStringIncludes(said, '"console=ttyAMA0 console=hvc0"');
});

Deno.test("hintAtSilence has nothing to say of a guest that has printed", async () => {
  assertEquals(await hints({ ...silent(), console: { bytesOut: 1 } }), "");
});

Deno.test("hintAtSilence has nothing to say of a guest that has ended", async () => {
  assertEquals(await hints({ ...silent(), end: { kind: "shutdown" } }), "");
});

Deno.test("hintAtSilence has nothing to say once it is disposed", async () => {
  assertEquals(await hints(silent(), 0), "");
});
