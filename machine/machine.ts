/** What the run loop needs of a machine, whichever it is. */

import type { MmioBus } from "../devices/bus.ts";
import type { Vcpu } from "../vm/contract.ts";
import type { ArmNisvExit, SystemEventExit } from "../vm/exit.ts";
import type { End } from "./end.ts";

/** A machine that is ready to run. */
export interface Machine {
  /** The vCPU to run. */
  readonly vcpu: Vcpu;
  /** Where its MMIO goes. */
  readonly bus: MmioBus;
  /** How it ended, once it has. */
  end?: End;
  /** Lets the world outside move: writes output, takes signals, notices a guest that cannot go on. */
  turn(): Promise<void>;
  /** The guest asked for the system to go off or to start again, or reported that it crashed. */
  systemEvent(exit: SystemEventExit): void;
  /** The guest accessed MMIO with an instruction that KVM does not describe. */
  accessWithoutSyndrome(exit: ArmNisvExit): void;
  /** Writes out what the guest has printed. */
  settle(): Promise<void>;
}
