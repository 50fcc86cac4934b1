/** Memory that the kernel reads and writes by address: a struct of a field table, filled and read by field name. */

import type { Fields, Path, Struct } from "./struct.ts";

/**
 * One struct in memory, at an address that does not change.
 *
 * Owns its buffer: the address holds for as long as the Block is reachable.
 */
export class Block<F extends Fields> {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly pointer: Deno.PointerObject;
  readonly #view: DataView<ArrayBuffer>;

  /** @param extra Bytes behind the struct, for a flexible array member. */
  constructor(readonly type: Struct<F>, extra = 0) {
    // Over an ArrayBuffer of its own: a small typed array made by length alone
    // may live on the JavaScript heap, where the collector moves it.
    this.bytes = new Uint8Array(new ArrayBuffer(type.size + extra));
    this.#view = new DataView(this.bytes.buffer);
    const pointer = Deno.UnsafePointer.of(this.bytes);
    if (pointer === null) throw new Error("a struct has no address");
    this.pointer = pointer;
  }

  /** The address, as structs hold it. */
  get address(): bigint {
    return Deno.UnsafePointer.value(this.pointer);
  }

  /** Sets a field of 1, 4 or 8 bytes (`index`: which one of an array). */
  set(field: Path<F>, value: number | bigint, index = 0): this {
    const width = this.type.width[field];
    const at = this.type.offset[field] + index * width;
    if (width === 1) this.#view.setUint8(at, Number(value));
    else if (width === 4) this.#view.setUint32(at, Number(value), true);
    else this.#view.setBigUint64(at, BigInt(value), true);
    return this;
  }

  /** A field of up to 4 bytes. */
  get(field: Path<F>, index = 0): number {
    const width = this.type.width[field];
    const at = this.type.offset[field] + index * width;
    return width === 1 ? this.#view.getUint8(at) : this.#view.getUint32(at, true);
  }

  /** A field of 8 bytes. */
  getBig(field: Path<F>, index = 0): bigint {
    return this.#view.getBigUint64(this.type.offset[field] + index * 8, true);
  }
}
