/** What became of a step, in words that say all that its exception said. */

import { assertEquals } from "@std/assert";
import type { Record } from "./record.ts";

// ESR_EL1 (Arm ARM, D17.2.37).
const IL = 1 << 25;
const ISS_WNR = 1 << 6;
const EC_SHIFT = 26;

const classes = new Map([
  [0x00, "undefined"],
  [0x0e, "illegal state"],
  [0x15, "went on"],
  [0x20, "fetch at EL0"],
  [0x21, "fetch at EL1"],
  [0x22, "PC alignment fault"],
  [0x24, "at EL0"],
  [0x25, "at EL1"],
  [0x26, "SP alignment fault"],
]);

const EC_DATA_ABORTS = [0x24, 0x25];
const EC_ABORTS = [0x20, 0x21, ...EC_DATA_ABORTS];

const statuses = new Map([
  [0x10, "external abort"],
  [0x21, "alignment fault"],
  ...["address size", "translation", "access flag", "permission"].flatMap((what, kind) =>
    [0, 1, 2, 3].map((level): [number, string] => [
      kind << 2 | level,
      `${what} fault, level ${level}`,
    ])
  ),
  ...[0, 1, 2, 3].map((level): [number, string] => [
    0x14 | level,
    `external abort on a table walk, level ${level}`,
  ]),
]);

/** Vectors: synchronous exceptions from EL1 with SP_EL0, and from EL0. */
const FROM_EL1T = 0x000;
const FROM_EL0 = 0x400;

/**
 * What became of a step: "went on" to its svc, or the fault it met: "read at EL1:
 * translation fault, level 2". ESR_EL1 has nothing more to say than that, or
 * it is shown instead.
 */
export function outcome(record: Record): string {
  const esr = Number(BigInt.asUintN(32, record.esr));
  const ec = esr >>> EC_SHIFT;
  const fsc = esr & 0x3f;
  const isAbort = EC_ABORTS.includes(ec);
  const wnr = EC_DATA_ABORTS.includes(ec) ? esr & ISS_WNR : 0;
  const what = classes.get(ec);
  const status = isAbort ? statuses.get(fsc) : "";
  const whole = ((ec << EC_SHIFT) | IL | wnr | (isAbort ? fsc : 0)) >>> 0;
  // Some kernels set all of bits 63:32 when they inject an abort.
  const isPlain = [0n, 0xffff_ffffn].includes(record.esr >> 32n);
  if (what === undefined || status === undefined || whole !== esr || !isPlain) {
    return `ESR_EL1 0x${record.esr.toString(16)}`;
  }
  assertEquals(record.vector, (record.spsr & 0xfn) === 0n ? FROM_EL0 : FROM_EL1T);
  if (!isAbort) return what;
  const access = EC_DATA_ABORTS.includes(ec) ? (wnr !== 0 ? "write " : "read ") : "";
  return `${access}${what}: ${status}`;
}
