/** Describes C structs as field tables and computes where each field lies, by the rules of the AAPCS64 and x86-64 ABIs (which agree). */

/** A C type: its size and alignment in bytes, of an array the size of one element, and the fields inside it, if any. */
export interface CType<F extends Fields = Fields> {
  readonly size: number;
  readonly align: number;
  readonly element?: number;
  readonly fields?: F;
}

/** The fields of a struct or union, in the order of the declaration. */
export interface Fields {
  readonly [name: string]: CType;
}

/** Every field that can be named in `F`, those of nested structs as `outer.inner`. */
export type Path<F extends Fields> = {
  [K in keyof F & string]: NonNullable<F[K]["fields"]> extends infer G
    ? G extends Fields ? string extends keyof G ? K : K | `${K}.${Path<G>}`
    : K
    : never;
}[keyof F & string];

/** A struct or union with the byte offset of every field in it, and the bytes of the field (of an array: of one element). */
export interface Struct<F extends Fields> extends CType<F> {
  readonly fields: F;
  readonly offset: Readonly<Record<Path<F>, number>>;
  readonly width: Readonly<Record<Path<F>, number>>;
}

const scalar = (size: number) => ({ size, align: size }) as const;

export const u8 = scalar(1);
export const u16 = scalar(2);
export const u32 = scalar(4);
export const s32 = scalar(4);
export const u64 = scalar(8);
/** `__uint128_t`, as in the FP/SIMD registers. */
export const u128 = scalar(16);

/** `type name[count]`; a count of 0 is a flexible array member. */
export function array(
  type: CType,
  count: number,
): { size: number; align: number; element: number } {
  return { size: type.size * count, align: type.align, element: type.size };
}

const roundUp = (value: number, align: number) => Math.ceil(value / align) * align;

/** Lays out a `struct`: each field at the next multiple of its alignment. */
export function struct<const F extends Fields>(fields: F): Struct<F> {
  return layOut(fields, (end, field) => roundUp(end, field.align));
}

/** Lays out a `union`: every field at 0. */
export function union<const F extends Fields>(fields: F): Struct<F> {
  return layOut(fields, () => 0);
}

function layOut<F extends Fields>(
  fields: F,
  place: (end: number, field: CType) => number,
): Struct<F> {
  const places: Place[] = [];
  let size = 0, end = 0, align = 1;
  for (const [name, field] of Object.entries(fields)) {
    const at = place(end, field);
    places.push({ name, field, at });
    end = at + field.size;
    size = Math.max(size, end);
    align = Math.max(align, field.align);
  }
  let tables: Tables | undefined;
  return {
    fields,
    size: roundUp(size, align),
    align,
    // Most programs use few of the many structs that there are.
    // Object.entries has no types to offer; the loops visit every path of F.
    get offset() {
      return (tables ??= tablesOf(places)).offset as Struct<F>["offset"];
    },
    get width() {
      return (tables ??= tablesOf(places)).width as Struct<F>["width"];
    },
  };
}

/** Where a field lies. */
interface Place {
  readonly name: string;
  readonly field: CType;
  readonly at: number;
}

/** The offset and the width of each path. */
interface Tables {
  readonly offset: Record<string, number>;
  readonly width: Record<string, number>;
}

function tablesOf(places: readonly Place[]): Tables {
  const offset: Record<string, number> = {};
  const width: Record<string, number> = {};
  for (const { name, field, at } of places) {
    offset[name] = at;
    width[name] = field.element ?? field.size;
    const inner = field as Partial<Struct<Fields>>;
    for (const [path, innerAt] of Object.entries(inner.offset ?? {})) {
      offset[`${name}.${path}`] = at + innerAt;
      width[`${name}.${path}`] = inner.width?.[path] ?? 0;
    }
  }
  return { offset, width };
}
