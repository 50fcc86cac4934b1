/** The values of options as people write them: sizes, addresses, times, counts and others. */

import { CpuListError, parseCpuList } from "../vm/cpu_list.ts";
import { UsageError } from "./usage.ts";

/** Reads an option's value. */
export type Parse<T> = (option: string, text: string) => T;

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

/**
 * A count, from 1 on.
 *
 * @param most The highest.
 * @throws {UsageError} if it is none, or is higher.
 */
export function parseCount(option: string, text: string, most: number): number {
  const count = /^\d+$/.test(text) ? Number(text) : NaN;
  if (count >= 1 && count <= most) return count;
  throw new UsageError(`${option} ${quote(text)} is no whole number from 1 to ${most}`);
}

/**
 * CPUs of the host: `4-7`, `0,2,4-7`.
 *
 * @throws {UsageError} if it is no list of CPUs.
 */
export function parseCpus(option: string, text: string): number[] {
  try {
    return parseCpuList(text);
  } catch (error) {
    if (!(error instanceof CpuListError)) throw error;
    throw new UsageError(`${option} ${quote(text)} ${error.message}`);
  }
}

/**
 * A parser of one of these words.
 *
 * @returns It throws UsageError if the text is none of them.
 */
export function oneOf<const T extends string>(words: readonly T[]): Parse<T> {
  return (option, text) => {
    const word = words.find((word) => word === text);
    if (word !== undefined) return word;
    throw new UsageError(`${option} ${quote(text)} is unknown; there is: ${words.join(", ")}`);
  };
}

/** A file's name, of any kind. @throws {UsageError} if it is empty. */
export function parseFileName(option: string, text: string): string {
  if (text === "") throw new UsageError(`${option} '' names no file`);
  return text;
}

/** What the user wrote, so that an empty word can be seen. */
function quote(text: string): string {
  return text === "" ? "''" : text;
}
