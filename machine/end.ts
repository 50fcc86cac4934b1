/** How a virtual machine ended. */

import type { Crash } from "./crash.ts";

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
