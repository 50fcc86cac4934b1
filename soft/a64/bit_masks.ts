/** The bit masks of the logical immediates (DecodeBitMasks, Arm ARM J1.1.3). */

/** How a logical immediate is encoded. */
export interface BitMaskFields {
  readonly sf: number;
  readonly N: number;
  readonly immr: number;
  readonly imms: number;
}

/**
 * The mask that a logical immediate encodes, in 64 bits: an element of 2, 4, …
 * 64 bits, which has a run of ones rotated right, repeated all over.
 *
 * @returns Undefined for a reserved encoding.
 */
export function decodeBitMask(f: BitMaskFields): bigint | undefined {
  if (f.sf === 0 && f.N === 1) return undefined;
  // The element's size is the highest bit of N:NOT(imms); what is below that in
  // imms is one less than the number of ones.
  const size = 2 ** (31 - Math.clz32((f.N << 6) | (~f.imms & 0x3f)));
  const ones = (f.imms & (size - 1)) + 1;
  // Elements of a single bit, or all ones, could not be rotated to anything else.
  if (size < 2 || ones === size) return undefined;
  const run = (1n << BigInt(ones)) - 1n;
  const rotation = BigInt(f.immr & (size - 1));
  let mask = BigInt.asUintN(size, (run >> rotation) | (run << (BigInt(size) - rotation)));
  for (let width = size; width < 64; width *= 2) mask |= mask << BigInt(width);
  return mask;
}
