/** The values of properties: numbers and strings as bytes (Devicetree Specification v0.4, 2.2.4.2). */

import { DeviceTreeError } from "./device_tree.ts";

/** How many bits a cell has. */
const CELL_BITS = 32;
/** How many bytes a cell has. */
export const CELL_SIZE = 4;

const encoder = new TextEncoder();

/** `<empty>`: a property that says something by being there. */
export const empty: Uint8Array = new Uint8Array();

/**
 * `<u32>`, or several: a cell each, big-endian.
 *
 * @throws {DeviceTreeError} if one is no whole number of 32 bits.
 */
export function u32(...values: readonly number[]): Uint8Array<ArrayBuffer> {
  return inCells(values, 1);
}

/**
 * `<u64>`, or several: two cells each, the more significant one first.
 *
 * @throws {DeviceTreeError} if one is no whole number of 64 bits.
 */
export function u64(...values: readonly (number | bigint)[]): Uint8Array<ArrayBuffer> {
  return inCells(values, 2);
}

/**
 * A number in that many cells, as `#address-cells` and `#size-cells` ask for.
 *
 * @throws {DeviceTreeError} if it does not fit.
 */
export function cells(value: number | bigint, count: number): Uint8Array<ArrayBuffer> {
  return inCells([value], count);
}

/** Numbers in that many cells each. A guest waits for its tree: they go straight to where they belong. */
function inCells(values: readonly (number | bigint)[], count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.length * count * CELL_SIZE);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) {
    const at = i * count * CELL_SIZE, last = at + (count - 1) * CELL_SIZE;
    // What most values are.
    if (typeof value === "number" && value === value >>> 0 && count > 0) {
      view.setUint32(last, value);
    } else {
      setWide(view, at, last, value);
    }
  }
  return bytes;
}

/** Writes a number of any size into the cells from `first` to `last`. */
function setWide(view: DataView, first: number, last: number, value: number | bigint): void {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new DeviceTreeError(`${value} is no exact whole number, and a cell holds nothing else`);
  }
  let rest = BigInt(value);
  for (let at = last; at >= first; at -= CELL_SIZE, rest >>= BigInt(CELL_BITS)) {
    view.setUint32(at, Number(BigInt.asUintN(CELL_BITS, rest)));
  }
  // Also of a negative number, of which a sign is left.
  if (rest === 0n) return;
  const count = (last - first) / CELL_SIZE + 1;
  throw new DeviceTreeError(
    `${value} does not fit in the ${count * CELL_BITS} bits that a device tree has for it`,
  );
}

/**
 * `<phandle>`: the number that another node has as its property `phandle`.
 *
 * @throws {DeviceTreeError} if no node can have it.
 */
export function phandle(value: number): Uint8Array<ArrayBuffer> {
  // What libfdt and Linux take as "none".
  if (value === 0 || value === 2 ** CELL_BITS - 1) {
    throw new DeviceTreeError(`no node can have the phandle ${value}`);
  }
  return u32(value);
}

/**
 * `<string>`: text and the zero that ends it.
 *
 * @throws {DeviceTreeError} if there is a zero in the text.
 */
export function string(text: string): Uint8Array<ArrayBuffer> {
  if (text.includes("\0")) {
    throw new DeviceTreeError(`${JSON.stringify(text)} has a zero inside, where it would end`);
  }
  return encoder.encode(`${text}\0`);
}

/**
 * `<stringlist>`: strings one behind the other.
 *
 * @throws {DeviceTreeError} if there is a zero in one of them.
 */
export function stringlist(...texts: readonly string[]): Uint8Array<ArrayBuffer> {
  return concat(texts.map(string));
}

/**
 * Bytes as they are.
 *
 * @throws {DeviceTreeError} if one of them is no byte.
 */
export function bytes(...values: readonly number[]): Uint8Array<ArrayBuffer> {
  const result = Uint8Array.from(values);
  const wrong = values.findIndex((value, i) => value !== result[i]);
  if (wrong >= 0) throw new DeviceTreeError(`${values[wrong]} is no byte`);
  return result;
}

/** `<prop-encoded-array>`: values one behind the other. */
export function concat(values: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(values.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const value of values) {
    result.set(value, at);
    at += value.length;
  }
  return result;
}

/** The one cell that a value is; undefined if it is something else. */
export function readU32(value: Uint8Array | undefined): number | undefined {
  if (value?.length !== CELL_SIZE) return;
  return new DataView(value.buffer, value.byteOffset).getUint32(0);
}

/** The strings that a value is; undefined if it is something else. */
export function readStrings(value: Uint8Array | undefined): string[] | undefined {
  if (value === undefined || value.at(-1) !== 0) return;
  return new TextDecoder().decode(value).split("\0").slice(0, -1);
}
