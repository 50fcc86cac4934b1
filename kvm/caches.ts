/** Writes the CPU's caches back to memory, for a guest that reads past them. */

import { type Instructions, mapCode } from "./machine_code.ts";

/** The least that a line of a cache has, in bytes (Arm ARM, CTR_EL0.DminLine). */
const LEAST_LINE = 16n;

/**
 * Cleans the data caches, line by line, from x0 to x1, to where all observers
 * agree (the point of coherency). Linux lets user space do that.
 */
export const CLEAN: Instructions = [
  [0xd50b7a20, "1: dc cvac, x0"],
  [0x91004000, "add x0, x0, #16"],
  [0xeb01001f, "cmp x0, x1"],
  [0x54ffffa3, "b.lo 1b"],
  [0xd5033f9f, "dsb sy"],
  [0xd65f03c0, "ret"],
];

const definition = { parameters: ["u64", "u64"], result: "void" } as const;

let clean: Deno.UnsafeFnPointer<typeof definition> | undefined;

/** Cleans what holds some bytes, of which there is at least one. */
export function cleanCaches(bytes: ArrayBufferView): void {
  // Where nothing else runs guests, in tests, nobody reads past caches.
  if (Deno.build.arch !== "aarch64") return;
  clean ??= new Deno.UnsafeFnPointer(
    mapCode(CLEAN) as Deno.PointerObject<typeof definition>,
    definition,
  );
  const start = Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes as Uint8Array<ArrayBuffer>));
  clean.call(start - start % LEAST_LINE, start + BigInt(bytes.byteLength));
}
