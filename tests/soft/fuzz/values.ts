/** Values for registers: those at which arithmetic goes wrong, pointers, and random ones. */

import { REGISTERS } from "./layout.ts";
import { Random } from "./random.ts";
import { BOUNDARIES, SHARED } from "./scratch.ts";

const ONES = 0xffff_ffff_ffff_ffffn;

/** Powers of two and their neighbours, the ends of each width, and regular bits. */
const remarkable: readonly bigint[] = [
  ...Array.from({ length: 64 }, (_, n) => 1n << BigInt(n)).flatMap((n) => [n - 1n, n, n + 1n]),
  ...[8n, 16n, 32n, 64n].flatMap((bits) => {
    const lowest = -(1n << (bits - 1n));
    return [lowest, lowest - 1n, lowest + 1n, -(1n << bits)];
  }),
  ...[-1n, -2n, -3n, -8n, 3n, 10n, 31n, 32n, 33n, 63n, 64n, 65n],
  ...[0x5555_5555_5555_5555n, 0xaaaa_aaaa_aaaa_aaaan, 0x00ff_00ff_00ff_00ffn],
  ...[0x0123_4567_89ab_cdefn, 0x8000_0000_8000_0000n, 0x7fff_ffff_8000_0000n],
].map((value) => value & ONES);

/** A value for a register. */
export function randomValue(random: Random): bigint {
  switch (random.below(10)) {
    case 0:
    case 1:
      return random.pick([0n, 1n, ONES, 2n, 0x8000_0000_0000_0000n, 0x8000_0000n]);
    case 2:
    case 3:
    case 4:
      return random.pick(remarkable);
    case 5:
      return BigInt(random.u32());
    case 6:
      return BigInt.asUintN(64, BigInt(random.u32() | 0));
    case 7:
      return (random.percent(50) ? random.pick(SHARED) : random.pick(BOUNDARIES)) +
        BigInt(random.below(256));
    default:
      return random.u64();
  }
}

/** What registers hold that a case does not preset. */
export interface FilledRegisters {
  /** X0 to X30. */
  readonly x: bigint[];
  /** Of the case's mode, and the other one. */
  readonly stackPointers: readonly [bigint, bigint];
  readonly tpidr_el0: bigint;
  readonly tpidrro_el0: bigint;
}

/** Fills registers by a seed. The recorded cases depend on it: what changes here must be recorded again. */
export function fillRegisters(seed: number): FilledRegisters {
  const random = new Random(seed);
  const next = () => randomValue(random);
  return {
    x: Array.from({ length: REGISTERS }, next),
    stackPointers: [next(), next()],
    tpidr_el0: next(),
    tpidrro_el0: next(),
  };
}
