/** The recorded cases, as they are in the project. */

import { decodeCases, type RecordedCase } from "./recorded.ts";

/** Made by record.ts; recorded.ts says what is in it. */
export const RECORDED = new URL("recorded.bin.gz", import.meta.url);

/** Reads them. */
export async function readRecordedCases(): Promise<RecordedCase[]> {
  return await decodeCases(await Deno.readFile(RECORDED));
}
