/** Runs a guest in this process. */

import {
  type End,
  registerId,
  run,
  type System,
  TinyMachine,
  type TinyMachineOptions,
  type Vcpu,
} from "../mod.ts";
import { guestPath } from "./orchid_command.ts";
import { emptyReader, MemoryWriter } from "./streams.ts";

/** Longer than any guest of the tests needs, in milliseconds, in an emulated box as well. */
const LIMIT = 120_000;

/** What a guest is run with. */
export interface Run extends Partial<Omit<TinyMachineOptions, "output">> {
  /** Where output goes; it is kept unless given. */
  readonly output?: TinyMachineOptions["output"];
  /** Called before the guest starts. */
  readonly before?: (machine: TinyMachine) => void;
  /** Called after it has ended. */
  readonly after?: (machine: TinyMachine) => void;
  /** Ends the guest from outside. */
  readonly signal?: AbortSignal;
}

/** How a guest ended, and what it printed. */
export interface Ran {
  readonly end: End;
  readonly output: string;
  readonly bytes: Uint8Array;
}

/** The machine code of a guest in guests/. */
export function guestCode(name: string): Uint8Array {
  return Deno.readFileSync(guestPath(name));
}

/** Runs a program to its end. */
export async function runGuest(
  system: System,
  program: Uint8Array,
  options: Run = {},
): Promise<Ran> {
  const kept = new MemoryWriter();
  const { before, after, signal, ...rest } = options;
  const limit = AbortSignal.timeout(LIMIT);
  using machine = new TinyMachine(system, { input: emptyReader, output: kept, ...rest, program });
  before?.(machine);
  const end = await run(machine, signal === undefined ? limit : AbortSignal.any([limit, signal]));
  after?.(machine);
  return { end, output: kept.text, bytes: kept.bytes };
}

/** A register of a machine by name. */
export function register(machine: TinyMachine, name: string): bigint {
  return machine.vcpu.getOneReg(registerId(name));
}

/** Sets registers by name. */
export function setRegisters(vcpu: Vcpu, values: Record<string, bigint>): void {
  for (const [name, value] of Object.entries(values)) vcpu.setOneReg(registerId(name), value);
}
