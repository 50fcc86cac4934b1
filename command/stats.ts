/** Counts what a guest made the host do, for `--stats`. */

import { format } from "@std/fmt/bytes";
import type { Attachment } from "../devices/bus.ts";
import type { Machine } from "../machine/machine.ts";
import type { Counter, Runner } from "../vm/contract.ts";
import { DEFERRED_WRITES, type Exit, exitReasonName, KVM_EXIT_UNKNOWN } from "../vm/exit.ts";

/** Counts the exits of what runs a guest, and the time between them. */
export class MeteredRunner implements Runner {
  /** Time spent in `run`, in milliseconds. */
  guestTime = 0;
  /** Writes that came out of the ring of coalesced MMIO, without an exit. */
  deferred = 0;
  /** Exits by reason. */
  readonly exits = new Map<number, number>();
  readonly #runner: Runner;

  constructor(runner: Runner) {
    this.#runner = runner;
  }

  /** Counts from now on what a machine does, if nobody does that yet. */
  static watch(machine: Machine): MeteredRunner {
    if (machine.runner instanceof MeteredRunner) return machine.runner;
    const meter = new MeteredRunner(machine.runner);
    machine.runner = meter;
    return meter;
  }

  run(): Exit {
    const start = performance.now();
    const exit = this.#runner.run();
    this.guestTime += performance.now() - start;
    if (exit.reason === DEFERRED_WRITES) {
      this.deferred += exit.end - exit.next;
      return exit;
    }
    const reason = exit.reason === KVM_EXIT_UNKNOWN ? exit.exitReason : exit.reason;
    this.exits.set(reason, (this.exits.get(reason) ?? 0) + 1);
    return exit;
  }

  interruptEvery(milliseconds: number): void {
    this.#runner.interruptEvery(milliseconds);
  }

  counters(): readonly Counter[] {
    return this.#runner.counters?.() ?? [];
  }
}

/** What has come to a device: exits, and stores without one. */
function accesses({ name, reads, writes, deferred }: Attachment): Counter {
  const exits = `${reads} loads, ${writes - deferred} stores`;
  return [name, deferred === 0 ? exits : `${exits}, ${deferred} stores without an exit`];
}

/** The table that `--stats` prints. */
export function statsTable(
  meter: MeteredRunner,
  machine: Pick<Machine, "bus" | "console" | "counters">,
): string {
  const { bus, console } = machine;
  const rows: Counter[] = [
    ["time in the guest", `${meter.guestTime.toFixed(1)} ms`],
    ...[...meter.exits].map(([reason, n]): [string, string] => [exitReasonName(reason), `${n}`]),
    ["writes collected in the kernel", `${meter.deferred}`],
    ...[...bus.attachments, bus.unclaimed].map(accesses),
    ...machine.counters?.() ?? [],
    ...meter.counters(),
    ["console output", format(console.bytesOut, { binary: true })],
    ["console input", format(console.bytesIn, { binary: true })],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}
