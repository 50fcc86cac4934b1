/** What the benchmark reads from the table of `--stats`. */

import { assertEquals, assertThrows } from "@std/assert";
import { exitsIn } from "../../bench/exits.ts";
import { BenchmarkError } from "../../bench/process.ts";
import { MeteredRunner, statsTable } from "../../command/stats.ts";
import { MmioBus } from "../../devices/bus.ts";
import { Console } from "../../devices/console.ts";
import {
  type Exit,
  KVM_EXIT_INTR,
  KVM_EXIT_SYSTEM_EVENT,
  KVM_EXIT_UNKNOWN,
} from "../../vm/exit.ts";

Deno.test("exitsIn adds up exits of all reasons but KVM_EXIT_INTR, in what --stats prints", () => {
  const exits: Exit[] = [
    { reason: KVM_EXIT_INTR },
    { reason: KVM_EXIT_SYSTEM_EVENT, type: 1 },
    { reason: KVM_EXIT_UNKNOWN, exitReason: 99 },
    { reason: KVM_EXIT_UNKNOWN, exitReason: 99 },
  ];
  const meter = new MeteredRunner({ run: () => exits.pop()!, interruptEvery: () => {} });
  while (exits.length > 0) meter.run();
  const machine = { bus: new MmioBus(), console: new Console(Deno.stdout, Deno.stdin) };
  const said = `orchid: something else\n${statsTable(meter, machine)}\n123 ns\n`;
  assertEquals(exitsIn(said), 3);
});

Deno.test("exitsIn refuses what has no table in it", () => {
  assertThrows(() => exitsIn("orchid: no such file"), BenchmarkError, "no such file");
});
