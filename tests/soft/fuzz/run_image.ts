/** Runs an image on a system, and collects what its cases left. */

import { run } from "../../../main.ts";
import { TinyMachine } from "../../../machine/tiny.ts";
import type { System } from "../../../vm/contract.ts";
import { emptyReader, MemoryWriter } from "../../streams.ts";
import type { Image } from "./image.ts";
import { PARAMETERS, parameters } from "./layout.ts";

/** How an image went. */
export interface ImageResult {
  /** The output records, by case; those of cases that were not reached are zero. */
  readonly outputs: Uint8Array;
  /** How many cases, in the last pass, did not come to their end: 0 unless one of them never ended, or the driver went wrong. */
  readonly left: number;
}

const LEFT = PARAMETERS + 8 * parameters.indexOf("left");

/**
 * Runs an image.
 *
 * @param milliseconds How long it may take.
 */
export async function runImage(
  system: System,
  image: Image,
  milliseconds: number,
): Promise<ImageResult> {
  const { program, memory } = image;
  const streams = { output: new MemoryWriter(), input: emptyReader };
  using machine = new TinyMachine(system, { program, memory, ...streams });
  await run(machine, AbortSignal.timeout(milliseconds));
  return {
    outputs: machine.memory.bytes(image.outputs, image.outputsLength).slice(),
    left: Number(machine.memory.readUint64(LEFT)),
  };
}
