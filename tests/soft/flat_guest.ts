/** Runs code as a guest of its own, without anything around it but Orchid's vectors. */

import { registerId } from "../../kvm/registers.ts";
import { run } from "../../main.ts";
import { type Crash, summarizeCrash } from "../../machine/crash.ts";
import type { End } from "../../machine/end.ts";
import { RAM_BASE } from "../../machine/layout.ts";
import { TinyMachine } from "../../machine/tiny.ts";
import type { System } from "../../vm/contract.ts";
import { emptyReader, MemoryWriter } from "../streams.ts";
import { bytesOf, type Code } from "./assembly/code.ts";

/** Where the code is. */
export const ENTRY = RAM_BASE;

/** How a guest is run. */
export interface Setting {
  readonly memory?: number;
  readonly loadAddress?: number;
  /** Registers by name, besides those that a tiny machine sets. */
  readonly registers?: Readonly<Record<string, bigint>>;
  /** Called before the guest starts, for whatever else it needs, and after its end. */
  readonly before?: (machine: TinyMachine) => void;
  readonly after?: (machine: TinyMachine) => void;
  /** Ends the guest after so many milliseconds; a long time unless given. */
  readonly limit?: number;
}

const LONG = 120_000;

/** Runs a guest to its end. */
export async function runFlat(system: System, code: Code, setting: Setting = {}): Promise<End> {
  const { memory, loadAddress, registers = {}, before, after, limit = LONG } = setting;
  using machine = new TinyMachine(system, {
    program: bytesOf(code.words),
    memory,
    loadAddress,
    input: emptyReader,
    output: new MemoryWriter(),
  });
  for (const [name, value] of Object.entries(registers)) {
    machine.vcpu.setOneReg(registerId(name), value);
  }
  before?.(machine);
  const end = await run(machine, AbortSignal.timeout(limit));
  after?.(machine);
  return end;
}

/** How a guest ended, in a line: the crash, or the kind of end. */
export function describeEnd(end: End): string {
  return end.kind === "crash" ? summarizeCrash(end.crash) : end.kind;
}

/** The crash that a guest ended with. @throws {Error} if it ended otherwise. */
export function crashOf(end: End): Crash {
  if (end.kind !== "crash") throw new Error(`the guest ended with ${end.kind}, not with a crash`);
  return end.crash;
}
