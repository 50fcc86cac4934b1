/** Instruction words that no CPU like the software CPU knows. */

import { a64 } from "../../../soft/a64/table.ts";
import { decode } from "../../../soft/decode.ts";
import { encode, randomFields } from "./fields.ts";
import type { Random } from "./random.ts";

/**
 * A word that is unallocated: fields that a row does not allow, an instruction
 * with some of its bits turned over, or anything.
 *
 * Left out are floating point and SIMD, and ldapr, which the Cortex-A76 of the
 * box has, and eret with something in the field of Rn, which QEMU's CPUs ignore.
 * What later CPUs have is not left out.
 */
export function undefinedWord(random: Random): number {
  for (;;) {
    const word = anyWord(random);
    if (decode(word) === undefined && !isForeign(word)) return word;
  }
}

function anyWord(random: Random): number {
  if (random.percent(10)) return random.u32();
  const row = random.pick(a64);
  const fields = randomFields(row, random, () => random.below(32), () => true);
  let word = encode(row, fields);
  if (row.allocated !== undefined && random.percent(40)) return word;
  for (let flips = 1 + random.below(2); flips > 0; flips--) word ^= 1 << random.below(32);
  return word >>> 0;
}

/** Arm ARM C4.1: op0 of x111 is SIMD and floating point, x1x0 with bit 26 their loads and stores. */
function isForeign(word: number): boolean {
  const op0 = (word >>> 25) & 15;
  const isSimd = (op0 & 7) === 7 || ((op0 & 5) === 4 && (word & 1 << 26) !== 0);
  const isLdapr = (word & 0x3fff_fc00) === 0x38bf_c000;
  const isEret = ((word & 0xffff_fc1f) >>> 0) === 0xd69f_0000;
  return isSimd || isLdapr || isEret;
}
