/** The ways in which the software CPU executes code, each to be compared. */

import { SoftSystem } from "../../../soft/soft_system.ts";
import { silent } from "../../../vm/trace.ts";
import type { Image } from "./image.ts";
import { type ImageResult, runImage } from "./run_image.ts";

/** How often code is interpreted before it is translated. */
export const engines = {
  /** As it is for users: cases are interpreted, the driver and loops translated. */
  usual: undefined,
  interpreted: Infinity,
  translated: 0,
} as const;
export type Engine = keyof typeof engines;

/** Runs an image on the software CPU. */
export async function runOnSoft(
  image: Image,
  engine: Engine,
  milliseconds: number,
): Promise<ImageResult> {
  using system = new SoftSystem(silent, { warm: engines[engine] });
  return await runImage(system, image, milliseconds);
}
