/** Tests the counts behind --stats, and their table. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { MeteredRunner, statsTable } from "../../command/stats.ts";
import { MmioBus } from "../../devices/bus.ts";
import { Console } from "../../devices/console.ts";
import type { Machine } from "../../machine/machine.ts";
import { type Exit, KVM_EXIT_INTR, KVM_EXIT_UNKNOWN } from "../../vm/exit.ts";
import { deferredWrites, loadExit, storeExit } from "../mmio.ts";
import { ScriptedVcpu } from "../scripted_vm.ts";
import { emptyReader, MemoryWriter } from "../streams.ts";

/** A metered vCPU that has made these exits. */
function meterOf(...exits: Exit[]): MeteredRunner {
  const meter = new MeteredRunner(new ScriptedVcpu(exits));
  for (const _ of exits) meter.run();
  return meter;
}

const store = storeExit(0x996, 1, 0x41n);

Deno.test("MeteredRunner.run gives the exit of the vCPU it watches", () => {
  assertEquals(new MeteredRunner(new ScriptedVcpu([store])).run(), store);
});

Deno.test("MeteredRunner.watch counts what a machine does once, however often it is asked to", () => {
  const machine = { runner: new ScriptedVcpu([store]) } as Pick<Machine, "runner"> as Machine;
  const meter = MeteredRunner.watch(machine);
  assertEquals(MeteredRunner.watch(machine), meter);
  machine.runner.run();
  assertEquals([...meter.exits], [[6, 1]]);
});

Deno.test("MeteredRunner counts exits by reason", () => {
  const meter = meterOf(store, { reason: KVM_EXIT_INTR }, loadExit(0x997, 1));
  assertEquals([...meter.exits], [[6, 2], [10, 1]]);
});

Deno.test("MeteredRunner does not count a write that waited in the kernel as an exit", () => {
  const meter = meterOf(deferredWrites(0x996, 1, [1, 2, 3]), store);
  assertEquals([meter.deferred, meter.exits.get(6)], [3, 1]);
});

Deno.test("MeteredRunner counts an exit without a name under its own number", () => {
  assertEquals([...meterOf({ reason: KVM_EXIT_UNKNOWN, exitReason: 99 }).exits], [[99, 1]]);
});

Deno.test("MeteredRunner measures the time in the guest", () => {
  assert(meterOf(store).guestTime > 0);
});

Deno.test("MeteredRunner passes everything else on", () => {
  const vcpu = new ScriptedVcpu();
  const meter = new MeteredRunner(vcpu);
  meter.interruptEvery(20);
  assertEquals([vcpu.periods, meter.counters()], [[20], []]);
});

Deno.test("statsTable has a line for each exit reason, each device, and the bytes", () => {
  const bus = new MmioBus();
  const console = new Console(new MemoryWriter(), emptyReader);
  bus.attach("console", 0x996, 2, console);
  for (const exit of [store, loadExit(0x5000, 4)]) bus.access(exit);
  const deferred = deferredWrites(0x996, 1, [0x41]);
  const meter = meterOf(deferred, store, loadExit(0x5000, 4));
  bus.carry(deferred);
  const table = statsTable(meter, { bus, console, counters: () => [["  a device", "1 mishap"]] });
  const rows = table.split("\n").map((row) => row.split(/ {2,}/));
  assertMatch(rows.shift()!.join(": "), /^time in the guest: \d+\.\d ms$/);
  assertEquals(rows, [
    ["KVM_EXIT_MMIO", "2"],
    ["writes collected in the kernel", "1"],
    ["console", "0 loads, 1 stores, 1 stores without an exit"],
    ["unclaimed", "1 loads, 0 stores"],
    ["", "a device", "1 mishap"],
    ["console output", "2 B"],
    ["console input", "0 B"],
  ]);
});
