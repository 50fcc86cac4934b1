/** Tells of accesses to addresses where there is no device, once for each address. */

import type { UnclaimedListener } from "../devices/bus.ts";
import { hex } from "../machine/esr.ts";
import type { Trace } from "../vm/trace.ts";

/** A guest can touch more addresses than anybody wants to read of. */
const MOST = 100;

/** A listener that notes each address once. */
export function reportUnclaimed(trace: Trace): UnclaimedListener {
  const seen = new Set<number>();
  return ({ physAddr, len, isWrite }) => {
    if (seen.size > MOST || seen.has(physAddr)) return;
    seen.add(physAddr);
    if (seen.size > MOST) {
      trace.note(`No device at more than ${MOST} addresses; the others go unmentioned`);
      return;
    }
    const what = isWrite ? "store to" : "load from";
    trace.note(
      `No device at ${hex(physAddr)}: ${what} it, ${len} bytes${isWrite ? "" : ", reads as 0"}`,
    );
  };
}
