/** Tests what ends a guest from outside. */

import { assertEquals } from "@std/assert";
import { Stop, type StopReason } from "../../command/stop.ts";
import { within } from "../within.ts";

/** Why a signal is aborted, once it is. */
function reason({ signal }: Stop): Promise<StopReason> {
  const aborted = new Promise<StopReason>((resolve) => {
    signal.addEventListener("abort", () => resolve(signal.reason));
  });
  return within(10, "abort", aborted);
}

Deno.test("Stop aborts when the time is over", async () => {
  using stop = new Stop(5);
  assertEquals(await reason(stop), { kind: "timeout", milliseconds: 5 });
});

Deno.test("Stop does not abort before", () => {
  using stop = new Stop(60_000);
  assertEquals(stop.signal.aborted, false);
});

// Not SIGINT: it would end the tests.
for (const [name, number] of [["SIGTERM", 15], ["SIGHUP", 1], ["SIGQUIT", 3]] as const) {
  Deno.test(`Stop aborts on ${name}`, async () => {
    using stop = new Stop();
    stop.listen();
    const stopped = reason(stop);
    Deno.kill(Deno.pid, name);
    assertEquals(await stopped, { kind: "signal", name, number });
  });
}

Deno.test("Stop keeps the first reason", async () => {
  using stop = new Stop(1);
  stop.listen();
  await reason(stop);
  const listened = new Promise<void>((resolve) => {
    const listener = () => {
      Deno.removeSignalListener("SIGTERM", listener);
      resolve();
    };
    Deno.addSignalListener("SIGTERM", listener);
  });
  Deno.kill(Deno.pid, "SIGTERM");
  await within(10, "SIGTERM", listened);
  assertEquals(stop.signal.reason, { kind: "timeout", milliseconds: 1 });
});

Deno.test("Stop does nothing any more once it is disposed of", async () => {
  const stop = new Stop(1);
  stop[Symbol.dispose]();
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(stop.signal.aborted, false);
});
