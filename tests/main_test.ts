/** Tests the run loop with exits made by hand. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { MmioBus } from "../devices/bus.ts";
import { Console } from "../devices/console.ts";
import { NOT_YET } from "../devices/device.ts";
import type { End } from "../machine/end.ts";
import type { Machine } from "../machine/machine.ts";
import { ExitError, run } from "../main.ts";
import {
  type ArmNisvExit,
  type Exit,
  KVM_EXIT_ARM_NISV,
  KVM_EXIT_FAIL_ENTRY,
  KVM_EXIT_INTERNAL_ERROR,
  KVM_EXIT_INTR,
  KVM_EXIT_SYSTEM_EVENT,
  KVM_EXIT_UNKNOWN,
  type SystemEventExit,
} from "../vm/exit.ts";
import { dataOf, loadExit, storeExit } from "./mmio.ts";
import { idle, ScriptedVcpu } from "./scripted_vm.ts";
import { emptyReader, MemoryWriter } from "./streams.ts";
import { within } from "./within.ts";

/** A machine that notes what the run loop asks of it. A store to 0x1000 ends it. */
class BareMachine implements Machine {
  readonly bus = new MmioBus();
  readonly runner: ScriptedVcpu;
  readonly pc = 0n;
  readonly console = new Console(new MemoryWriter(), emptyReader);
  readonly events: SystemEventExit[] = [];
  readonly undescribed: ArmNisvExit[] = [];
  turns = 0;
  settled = false;
  end?: End;

  constructor(script: Iterable<Exit>) {
    this.runner = new ScriptedVcpu(script);
    this.bus.attach("off", 0x1000, 1, {
      read: () => 0,
      write: () => void (this.end = { kind: "shutdown" }),
    });
  }
  async turn(): Promise<void> {
    this.turns++;
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  systemEvent(exit: SystemEventExit): void {
    this.events.push(exit);
    this.end = { kind: "reset" };
  }
  accessWithoutSyndrome(exit: ArmNisvExit): void {
    this.undescribed.push(exit);
  }
  settle(): Promise<void> {
    this.settled = true;
    return Promise.resolve();
  }
}

const off = storeExit(0x1000, 1, 0n);
const intr: Exit = { reason: KVM_EXIT_INTR };

/** What run() rejects with. */
function failure(exit: Exit): Promise<ExitError> {
  return assertRejects(() => run(new BareMachine([exit])), ExitError);
}

Deno.test("run carries an MMIO access to its device and ends when the machine does", async () => {
  assertEquals(await run(new BareMachine([off])), { kind: "shutdown" });
});

Deno.test("run answers a load before it runs on", async () => {
  const load = loadExit(0x2000, 4);
  let seen = 0n;
  function* script(): Generator<Exit> {
    yield load;
    seen = dataOf(load);
    yield off;
  }
  const machine = new BareMachine(script());
  machine.bus.attach("answer", 0x2000, 4, { read: () => 0x1234_5678, write() {} });
  await run(machine);
  assertEquals(seen & 0xffff_ffffn, 0x1234_5678n);
});

Deno.test("run lets the world move at an interruption", async () => {
  const machine = new BareMachine([intr, intr, off]);
  await run(machine);
  assertEquals(machine.turns, 2);
});

Deno.test("run hands on a system event", async () => {
  const event: Exit = { reason: KVM_EXIT_SYSTEM_EVENT, type: 2 };
  const machine = new BareMachine([event]);
  assertEquals(await run(machine), { kind: "reset" });
  assertEquals(machine.events, [event]);
});

Deno.test("run hands on an access without syndrome, and runs on", async () => {
  const exit: Exit = { reason: KVM_EXIT_ARM_NISV, esrIss: 0x45, faultIpa: 0x2000 };
  const machine = new BareMachine([exit, off]);
  await run(machine);
  assertEquals(machine.undescribed, [exit]);
});

Deno.test("run fails with the fields of KVM_EXIT_FAIL_ENTRY", async () => {
  const { message } = await failure({
    reason: KVM_EXIT_FAIL_ENTRY,
    hardwareEntryFailureReason: 0x8000_0021n,
    cpu: 3,
  });
  assertEquals(
    message,
    "KVM_EXIT_FAIL_ENTRY: hardware_entry_failure_reason = 0x80000021, cpu = 3",
  );
});

Deno.test("run fails with the suberror of KVM_EXIT_INTERNAL_ERROR", async () => {
  const { message } = await failure({ reason: KVM_EXIT_INTERNAL_ERROR, suberror: 3 });
  assertEquals(message, "KVM_EXIT_INTERNAL_ERROR: suberror = 0x3");
});

Deno.test("run fails with the name of an exit that it has no use for", async () => {
  const { message } = await failure({ reason: KVM_EXIT_UNKNOWN, exitReason: 4 });
  assertEquals(message, "KVM_EXIT_DEBUG: exit_reason = 0x4");
});

Deno.test("run fails with the number of an exit that nobody knows", async () => {
  const { message } = await failure({ reason: KVM_EXIT_UNKNOWN, exitReason: 99 });
  assertEquals(message, "exit reason 99: exit_reason = 0x63");
});

Deno.test("run does not swallow what a device throws", async () => {
  const machine = new BareMachine([loadExit(0x2000, 1)]);
  const read = () => {
    throw new RangeError("from the device");
  };
  machine.bus.attach("broken", 0x2000, 1, { read, write() {} });
  await assertRejects(() => run(machine), RangeError, "from the device");
});

Deno.test("run starts the interruptions, and stops them at the end", async () => {
  const machine = new BareMachine([off]);
  await run(machine);
  assertEquals(machine.runner.periods, [40, 0]);
});

Deno.test("run stops the interruptions when it fails", async () => {
  const machine = new BareMachine([{ reason: KVM_EXIT_UNKNOWN, exitReason: 99 }]);
  await assertRejects(() => run(machine), ExitError);
  assertEquals(machine.runner.periods, [40, 0]);
});

Deno.test("run writes out what the guest printed before it comes back", async () => {
  const machine = new BareMachine([off]);
  await run(machine);
  assert(machine.settled);
});

Deno.test("run does not start a machine that has ended", async () => {
  const machine = new BareMachine([]);
  machine.end = { kind: "newline" };
  assertEquals(await run(machine), { kind: "newline" });
});

Deno.test("run does not start a guest whose signal is aborted already", async () => {
  const end = await run(new BareMachine([]), AbortSignal.abort("why"));
  assertEquals(end, { kind: "aborted", reason: "why" });
});

Deno.test("run ends a guest that does nothing when its signal is aborted", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort("why"), 5);
  const end = await within(10, "run", run(new BareMachine(idle()), controller.signal));
  assertEquals(end, { kind: "aborted", reason: "why" });
});

Deno.test("run asks a device that cannot answer yet again after its progress", async () => {
  let calls = 0;
  const machine = new BareMachine([loadExit(0x2000, 1), off]);
  machine.bus.attach("slow", 0x2000, 1, {
    read: () => ++calls < 3 ? NOT_YET : 7,
    write() {},
    progress: () => new Promise((resolve) => setTimeout(resolve, 1)),
  });
  await within(10, "run", run(machine));
  assertEquals(calls, 3);
});

Deno.test("run ends a guest that waits for a device when its signal is aborted", async () => {
  const controller = new AbortController();
  const machine = new BareMachine([loadExit(0x2000, 1)]);
  const never = new Promise<void>(() => {});
  machine.bus.attach("never", 0x2000, 1, {
    read: () => NOT_YET,
    write() {},
    progress: () => never,
  });
  setTimeout(() => controller.abort("why"), 5);
  const end = await within(10, "run", run(machine, controller.signal));
  assertEquals(end, { kind: "aborted", reason: "why" });
});

Deno.test("run leaves the guest's own end as it is when its signal is aborted later", async () => {
  const controller = new AbortController();
  const machine = new BareMachine([off]);
  machine.settle = () => new Promise(() => {});
  setTimeout(() => controller.abort("why"), 5);
  const end = await within(10, "run", run(machine, controller.signal));
  assertEquals(end, { kind: "shutdown" });
});
