/** The pages that cases load from and store to, with neighbours of every kind. */

import { PAGE, PATTERN, SCRATCH_PAGES } from "./layout.ts";
import { Random } from "./random.ts";
import type { Permissions } from "./tables.ts";

/** Physical pages: the first are writable and start as the pattern, the last is read-only. */
export const WRITABLE_PAGES = 3;
export const PATTERN_PAGES = WRITABLE_PAGES + 1;

/** A virtual page. */
export interface ScratchPage {
  readonly address: bigint;
  /** The number of its physical page; absent: it is not mapped. */
  readonly physical?: number;
  readonly permissions: Permissions;
}

/** Where scratch pages are; high address bits that are neither zero nor a sign. */
const BASE = 0x2345_6789_0000n;
/** Pages so far apart that they share an entry of the software CPU's TLB. */
const ALIAS = BASE + 0x40_0000n;
/** Pages that are not mapped, though others with the same lower half of their addresses are. */
const FAR_ALIAS = BASE + 0x4_0000_0000n;

const shared = { el0: true };
const readOnly = { el0: true, readOnly: true };

// Neighbours are not neighbours in physical memory, so that an access across a
// boundary is two.
const pages: [physical: number | undefined, permissions: Permissions][] = [
  [undefined, {}],
  [1, shared],
  [0, shared],
  [3, readOnly],
  [undefined, {}],
  [2, {}],
  [3, { readOnly: true }],
  [0, { el0: true, untouched: true }],
];

/** All of them. */
export const SCRATCH: readonly ScratchPage[] = [
  ...pages.map(([physical, permissions], i) => ({
    address: BASE + BigInt(i * PAGE),
    physical,
    permissions,
  })),
  { address: ALIAS + BigInt(PAGE), physical: 0, permissions: shared },
  { address: FAR_ALIAS + BigInt(PAGE), permissions: {} },
  { address: FAR_ALIAS + BigInt(2 * PAGE), permissions: {} },
];

/**
 * Pages that everybody may read and write; the first two are neighbours. What
 * registers are filled with depends on them: one more, and cases must be recorded again.
 */
export const SHARED: readonly bigint[] = SCRATCH.filter(({ permissions }) => permissions === shared)
  .map(({ address }) => address);

/** Where an access is in two pages, whatever they are: the boundaries between neighbours. */
export const BOUNDARIES: readonly bigint[] = pages.slice(1).map((_, i) =>
  BASE + BigInt((i + 1) * PAGE)
);

/** The boundary between two pages that may be written. */
export const SHARED_BOUNDARY = SHARED[1]!;

/** The physical address of a scratch page. */
export function scratchPage(physical: number): number {
  return SCRATCH_PAGES + physical * PAGE;
}

/** What scratch pages start with: random bytes, among them many zeros and ones. */
export function scratchPattern(): Uint8Array {
  const random = new Random(PATTERN, SCRATCH_PAGES);
  const words = new Uint32Array(PATTERN_PAGES * PAGE / 4);
  for (let i = 0; i < words.length; i++) {
    words[i] = random.weighted([[6, random.u32()], [1, 0], [1, 0xffff_ffff], [1, 0x8000_0000]]);
  }
  return new Uint8Array(words.buffer);
}

/** The checksum of the writable scratch pages as the pattern leaves them: driver.s has the same. */
export function patternChecksum(): bigint {
  const words = new BigUint64Array(scratchPattern().buffer, 0, WRITABLE_PAGES * PAGE / 8);
  return words.reduce((sum, word) => BigInt.asUintN(64, sum * CHECKSUM_BASE + word), 0n);
}

const CHECKSUM_BASE = 0x9e37_79b9_7f4a_7c15n;
