/** Builds the tiny machine that the options ask for. */

import { TinyMachine } from "../machine/tiny.ts";
import type { Guest } from "./guest.ts";
import type { Setup } from "./setup.ts";
import { TerminalInput } from "./terminal_input.ts";
import { reportUnclaimed } from "./unclaimed.ts";

/** Builds the machine. */
export function buildTiny(guest: Guest, setup: Setup): TinyMachine {
  const { options, system, stop, trace, made } = setup;
  stop.listen();
  return made.use(
    new TinyMachine(system, {
      ...options,
      ...guest,
      input: made.use(new TerminalInput()),
      trace,
      onUnclaimed: options.verbose ? reportUnclaimed(trace) : undefined,
    }),
  );
}
