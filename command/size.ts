/** Sizes, addresses and times as people write them. */

import { UsageError } from "./usage.ts";

const UNITS: Record<string, number> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
const SIZE = /^(0x[0-9a-f]+|\d+)([KMG]?)$/i;

/**
 * A size in bytes: `4096`, `0x1000`, `64K`, `512M`, `2G`.
 *
 * @throws {UsageError} if it is none, or is zero.
 */
export function parseSize(option: string, text: string): number {
  const [, digits = "", unit = ""] = SIZE.exec(text) ?? [];
  const size = Number(digits) * UNITS[unit.toUpperCase()]!;
  if (digits === "" || size === 0) {
    throw new UsageError(
      `${option} ${quote(text)} is no size; sizes are like 4096, 0x1000, 64K, 512M, 2G`,
    );
  }
  if (!Number.isSafeInteger(size)) {
    throw new UsageError(`${option} ${quote(text)} is more than any machine can have`);
  }
  return size;
}

/**
 * An address: `0x10000`, `65536`.
 *
 * @throws {UsageError} if it is none.
 */
export function parseAddress(option: string, text: string): number {
  const address = /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(address)) {
    throw new UsageError(`${option} ${quote(text)} is no address; addresses are like 0x10000`);
  }
  return address;
}

/** The longest timer there is, in seconds: 2^31 - 1 milliseconds. */
const LONGEST = 2_147_483;

/**
 * A time in seconds, as milliseconds: `5`, `0.5`.
 *
 * @throws {UsageError} if it is none, or is zero or more than 24 days.
 */
export function parseSeconds(option: string, text: string): number {
  const seconds = /^(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : NaN;
  if (!(seconds > 0 && seconds <= LONGEST)) {
    throw new UsageError(
      `${option} ${quote(text)} is no time; give seconds above 0, like 5 or 0.5, up to ${LONGEST}`,
    );
  }
  return Math.max(1, Math.round(seconds * 1000));
}

/** What the user wrote, so that an empty word can be seen. */
function quote(text: string): string {
  return text === "" ? "''" : text;
}
