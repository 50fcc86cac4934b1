/** Builds the tiny machine that the options ask for. */

import type { GuestFile } from "../boot/guest_file.ts";
import { TinyMachine } from "../machine/tiny.ts";
import { readGuest } from "./guest.ts";
import type { Setup } from "./setup.ts";
import { TerminalInput } from "./terminal_input.ts";
import { reportUnclaimed } from "./unclaimed.ts";

/** Builds the machine. */
export function buildTiny(file: GuestFile, setup: Setup): TinyMachine {
  const { options, system, trace, made } = setup;
  return made.use(
    new TinyMachine(system, {
      ...options,
      ...readGuest(file, options),
      input: made.use(new TerminalInput()),
      trace,
      onUnclaimed: options.verbose ? reportUnclaimed(trace) : undefined,
    }),
  );
}
