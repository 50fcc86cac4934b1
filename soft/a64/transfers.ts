/** How loads and stores compute their base, and move one register. */

import type { Access, AccessSize, Ops } from "../ops.ts";

/** An instruction that moves the register Rt, in 1, 2, 4 or 8 bytes by `size`. */
export interface TransferFields {
  readonly size: number;
  readonly rt: number;
}

/** What Rt becomes: the value zero-extended, or sign-extended to an X or a W register. */
export type Extension = "zero" | "signed x" | "signed w";

/** An access that the CPU describes in the syndrome of a fault, but for what `describe` adds. */
export type Manner = Pick<Access, "ordered" | "unprivileged">;

/** The base address, which every load and store gets here: Rn, where 31 is the stack pointer. */
export function baseAddress<V, B>(o: Ops<V, B>, f: { readonly rn: number }): V {
  return f.rn === 31 ? o.stackBase() : o.x(f.rn);
}

/** The bytes that a field with their power of two stands for. */
export function bytes(size: number): AccessSize {
  return (1 << size) as AccessSize;
}

/** Stores Rt, with a syndrome. */
export function storeRt<V, B>(
  o: Ops<V, B>,
  f: TransferFields,
  address: V,
  manner: Manner = {},
): void {
  const syndrome = { rt: f.rt, sf: f.size === 3, signed: false };
  o.store(address, o.x(f.rt), { size: bytes(f.size), syndrome, ...manner });
}

/** Loads Rt, with a syndrome. */
export function loadRt<V, B>(
  o: Ops<V, B>,
  f: TransferFields,
  address: V,
  extension: Extension = "zero",
  manner: Manner = {},
): void {
  const signed = extension !== "zero";
  const sf = signed ? extension === "signed x" : f.size === 3;
  const syndrome = { rt: f.rt, sf, signed };
  const value = o.load(address, { size: bytes(f.size), syndrome, ...manner });
  o.setX(f.rt, extend(o, f.size, value, extension));
}

/** A loaded value as its register gets it. */
export function extend<V, B>(o: Ops<V, B>, size: number, value: V, extension: Extension): V {
  if (extension === "zero") return value;
  const wide = o.signExtend(value, 8 * bytes(size));
  return extension === "signed x" ? wide : o.w(wide);
}
