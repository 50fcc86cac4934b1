/** How a virtual machine ended. */

import type { Vcpu } from "../vm/contract.ts";
import {
  KVM_SYSTEM_EVENT_CRASH,
  KVM_SYSTEM_EVENT_RESET,
  KVM_SYSTEM_EVENT_SHUTDOWN,
  type SystemEventExit,
} from "../vm/exit.ts";
import { type Crash, readCrash } from "./crash.ts";

/** How a virtual machine ended. */
export type End =
  /** The guest asked PSCI for SYSTEM_OFF or SYSTEM_RESET. */
  | { readonly kind: "shutdown" | "reset" }
  /** The guest ran off the end of its code into zeroed memory. */
  | { readonly kind: "end-of-code" }
  /** The guest printed a newline, and the machine was to stop there. */
  | { readonly kind: "newline" }
  /** An exception that the guest has no vectors for, or cannot handle. */
  | { readonly kind: "crash"; readonly crash: Crash }
  /** The host stopped it: the `reason` of the AbortSignal. */
  | { readonly kind: "aborted"; readonly reason: unknown };

/** Whether the guest ended as it wished to. */
export function isClean(end: End): boolean {
  return end.kind !== "crash" && end.kind !== "aborted";
}

/**
 * What a system event means for the machine.
 *
 * @throws if its type is none that arm64 has.
 */
export function endOf(exit: SystemEventExit, vcpu: Vcpu): End {
  switch (exit.type) {
    case KVM_SYSTEM_EVENT_SHUTDOWN:
      return { kind: "shutdown" };
    case KVM_SYSTEM_EVENT_RESET:
      return { kind: "reset" };
    case KVM_SYSTEM_EVENT_CRASH: {
      const summary = "The guest reported that it crashed (KVM_SYSTEM_EVENT_CRASH)";
      return { kind: "crash", crash: readCrash(vcpu, { summary }) };
    }
    default:
      throw new Error(`KVM_EXIT_SYSTEM_EVENT: type = ${exit.type}, which Orchid does not know`);
  }
}

const NEWLINE = 0x0a;

/** Ends a machine whose guest prints a newline. @returns Whether it goes on. */
export function endOnNewline(machine: { end?: End }, byte: number): boolean {
  if (byte !== NEWLINE) return true;
  machine.end ??= { kind: "newline" };
  return false;
}
