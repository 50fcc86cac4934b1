/** Tests what goes to stderr, and how. */

import { assertEquals } from "@std/assert";
import { say, StepList, write } from "../../command/say.ts";
import { captureStderr, withStderr } from "../standard_streams.ts";

Deno.test("say names the program", () => {
  assertEquals(captureStderr(() => say("no guest named")), "orchid: no guest named\n");
});

Deno.test("StepList numbers the steps and not the notes", () => {
  const text = captureStderr(() => {
    const steps = new StepList();
    steps.step("Open /dev/kvm");
    steps.note("by the way");
    steps.step("Create VM");
  });
  assertEquals(text, "[1] Open /dev/kvm\n    by the way\n[2] Create VM\n");
});

Deno.test("write writes all of a text, however little stderr takes at once", () => {
  let text = "";
  const takeOne = (bytes: Uint8Array) => {
    text += String.fromCharCode(bytes[0]!);
    return 1;
  };
  withStderr(takeOne, () => write("abc"));
  assertEquals(text, "abc");
});

Deno.test("write does not fail when stderr is closed", () => {
  let calls = 0;
  const closed = () => {
    calls++;
    throw new Deno.errors.BrokenPipe("closed");
  };
  withStderr(closed, () => write("abc"));
  assertEquals(calls, 1);
});
