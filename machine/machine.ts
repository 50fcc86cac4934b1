/** What the run loop needs of a machine, whichever it is. */

import type { MmioBus } from "../devices/bus.ts";
import type { Console } from "../devices/console.ts";
import type { Counter, Runner } from "../vm/contract.ts";
import type { ArmNisvExit, SystemEventExit } from "../vm/exit.ts";
import type { End } from "./end.ts";

/** A machine that is ready to run. */
export interface Machine {
  /** What runs its vCPUs. May be replaced by one that watches it. */
  runner: Runner;
  /** Where its MMIO goes. */
  readonly bus: MmioBus;
  /** What the guest prints and reads. */
  readonly console: Console;
  /** How it ended, once it has. */
  end?: End;
  /** Lets the world outside move: writes output, takes signals, notices a guest that cannot go on. */
  turn(): Promise<void>;
  /** Ends a wait in {@linkcode turn} early. */
  wake?(): void;
  /**
   * Lets the vCPU of the last exit wait until its device can answer, while others
   * run on. Where there is none, everything waits.
   */
  hold?(): void;
  /** The guest asked for the system to go off or to start again, or reported that it crashed. */
  systemEvent(exit: SystemEventExit): void | Promise<void>;
  /** The guest accessed MMIO with an instruction that KVM does not describe. */
  accessWithoutSyndrome(exit: ArmNisvExit): void;
  /** Writes out what the guest has printed. */
  settle(): Promise<void>;
  /** What there is to tell about its devices beside what the bus counts, for a table. */
  counters?(): readonly Counter[];
  /** Where the first vCPU is, when none runs any more. */
  readonly pc: bigint;
}
