/** What building a machine takes, whichever it is. */

import type { System } from "../vm/contract.ts";
import type { Trace } from "../vm/trace.ts";
import type { Options } from "./options.ts";
import type { Stop } from "./stop.ts";

/** What the command has at hand when it builds a machine. */
export interface Setup {
  readonly options: Options;
  readonly system: System;
  readonly stop: Stop;
  readonly trace: Trace;
  /** Given what is to be disposed of at the end. */
  readonly made: AsyncDisposableStack;
}
