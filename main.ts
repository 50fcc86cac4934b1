#!/usr/bin/env -S deno run --allow-ffi --v8-flags=--no-lazy
/** Orchid's command, and the loop that runs a virtual machine. */

import { OrchidError } from "./vm/error.ts";
import config from "./deno.json" with { type: "json" };
import { machineFor, openGuest, readGuest } from "./command/guest.ts";
import { type Options, parseOptions } from "./command/options.ts";
import { ExitCode, report } from "./command/report.ts";
import { say, StepList, write } from "./command/say.ts";
import { MeteredRunner, statsTable } from "./command/stats.ts";
import { Stop } from "./command/stop.ts";
import { buildTiny } from "./command/tiny.ts";
import { help, UsageError } from "./command/usage.ts";
import { buildVirt } from "./command/virt.ts";
import { openSystem } from "./machine/accel.ts";
import type { End } from "./machine/end.ts";
import type { Machine } from "./machine/machine.ts";
import { Pace } from "./machine/pace.ts";
import { CpuChoiceError } from "./machine/cpu_choice.ts";
import { TinyMachineError } from "./machine/placement.ts";
import { VirtMachineError } from "./machine/virt_limits.ts";
import { silent } from "./vm/trace.ts";
import {
  DEFERRED_WRITES,
  type Exit,
  exitReasonName,
  KVM_EXIT_ARM_NISV,
  KVM_EXIT_FAIL_ENTRY,
  KVM_EXIT_INTERNAL_ERROR,
  KVM_EXIT_INTR,
  KVM_EXIT_MMIO,
  KVM_EXIT_SYSTEM_EVENT,
} from "./vm/exit.ts";

/** The vCPU stopped for a reason that nothing can be done about. */
export class ExitError extends OrchidError {}

/**
 * Runs a machine until it ends: runs its vCPU, does what the exit asks for, and
 * again. Output is written out and timers and signals are served 25 times a second,
 * however busy the guest is.
 *
 * @param signal Ends the machine from outside.
 * @param pace How often to let the world outside move.
 * @returns How it ended.
 * @throws {ExitError} if KVM cannot go on with the guest.
 */
export async function run(
  machine: Machine,
  signal?: AbortSignal,
  pace: Pace = new Pace(),
): Promise<End> {
  const { runner, bus } = machine;
  let wake = () => {};
  let deferred = 0;
  const stop = () => {
    machine.end ??= { kind: "aborted", reason: signal?.reason };
    machine.wake?.();
    wake();
  };
  if (signal?.aborted) stop();
  signal?.addEventListener("abort", stop);
  runner.interruptEvery(pace.period);
  try {
    while (machine.end === undefined) {
      const exit = nextExit(machine, pace.stride);
      if (exit === undefined) {
        if (pace.look()) await machine.turn();
        continue;
      }
      switch (exit.reason) {
        case DEFERRED_WRITES:
          if (bus.carry(exit)) {
            // They come without end from a guest that prints.
            if (++deferred % pace.stride === 0 && pace.look()) await machine.turn();
            break;
          }
          // falls through
        case KVM_EXIT_MMIO:
          // Its device cannot answer yet.
          if (machine.hold !== undefined) {
            machine.hold();
            break;
          }
          do {
            await machine.turn();
            if (machine.end !== undefined) break;
            await new Promise<void>((resolve, reject) => {
              wake = resolve;
              bus.progress().then(resolve, reject);
            });
          } while (!bus.carry(exit));
          break;
        case KVM_EXIT_INTR:
          await machine.turn();
          pace.turned();
          break;
        case KVM_EXIT_SYSTEM_EVENT:
          await machine.systemEvent(exit);
          break;
        case KVM_EXIT_ARM_NISV:
          machine.accessWithoutSyndrome(exit);
          break;
        case KVM_EXIT_FAIL_ENTRY:
          throw new ExitError(
            `KVM_EXIT_FAIL_ENTRY: hardware_entry_failure_reason = ` +
              `0x${exit.hardwareEntryFailureReason.toString(16)}, cpu = ${exit.cpu}`,
          );
        case KVM_EXIT_INTERNAL_ERROR:
          throw new ExitError(
            `KVM_EXIT_INTERNAL_ERROR: suberror = 0x${exit.suberror.toString(16)}`,
          );
        default:
          throw new ExitError(
            `${exitReasonName(exit.exitReason)}: exit_reason = 0x${exit.exitReason.toString(16)}`,
          );
      }
    }
    await settle(machine, signal);
    return machine.end;
  } finally {
    runner.interruptEvery(0);
    signal?.removeEventListener("abort", stop);
  }
}

// Known to V8 as a constant, which what is imported is not.
const MMIO = KVM_EXIT_MMIO;

/**
 * Runs the vCPU to the next exit that is more than an MMIO access which its
 * device answers at once. Most are no more: their loop is kept as small as this,
 * so that V8 makes one piece of code of it.
 *
 * @returns Nothing if the machine has ended, or `most` accesses have passed.
 */
function nextExit(machine: Machine, most: number): Exit | undefined {
  const { runner, bus } = machine;
  for (let left = most; left > 0 && machine.end === undefined; left--) {
    const exit = runner.run();
    if (exit.reason !== MMIO || !bus.access(exit)) return exit;
  }
}

/** How long the rest of a stopped guest's output may take, in milliseconds. */
const GRACE = 100;

/** Writes out what the guest printed; an output that takes nothing cannot hold up a machine that is to stop. */
async function settle(machine: Machine, signal?: AbortSignal): Promise<void> {
  const stopped = new Promise<void>((resolve) => {
    const expire = () => setTimeout(resolve, GRACE);
    if (signal?.aborted) expire();
    else signal?.addEventListener("abort", expire, { once: true });
  });
  await Promise.race([machine.settle(), stopped]);
}

/** Builds the machine that the options ask for, runs it, and says how it ended. */
async function runGuest(options: Options): Promise<number> {
  const trace = options.verbose ? new StepList() : silent;
  const file = await openGuest(options.guest);
  const program = machineFor(options, file) === "tiny" ? readGuest(file, options) : undefined;
  // The virt machine has no use for the software CPU yet: KVM's absence is an error then, with its reason.
  const accel = program === undefined && options.accel === "auto" ? "kvm" : options.accel;
  using system = await openSystem(accel, trace, (why) => {
    say(`running on the software CPU, because there is no KVM for arm64 here: ${why}`);
  });
  using stop = new Stop(options.timeout);
  await using made = new AsyncDisposableStack();
  const setup = { options, system, stop, trace, made };
  const machine = program ? buildTiny(program, setup) : await buildVirt(file, setup);
  const meter = options.stats ? MeteredRunner.watch(machine) : undefined;
  trace.step("Run vCPU");
  const end = await run(machine, stop.signal);
  const code = report(end, machine.pc);
  if (meter !== undefined) write(`${statsTable(meter, machine)}\n`);
  return code;
}

/** Errors that the command line is to blame for. */
const wrongUsage = [UsageError, TinyMachineError, VirtMachineError, CpuChoiceError];

/** The command: from its arguments to its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const request = parseOptions(args);
    switch (request.kind) {
      case "help":
        console.log(help());
        return ExitCode.ok;
      case "version":
        console.log(`orchid ${config.version}`);
        return ExitCode.ok;
      case "run":
        return await runGuest(request.options);
    }
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    const isWrongUsage = wrongUsage.some((kind) => error instanceof kind);
    return isWrongUsage ? ExitCode.usage : ExitCode.failure;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
