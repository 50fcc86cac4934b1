/** WebAssembly's binary format, as much of it as translated code needs (WebAssembly Core Specification, section 5). */

/** Instructions, by their opcode. */
export const Op = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  br_table: 0x0e,
  return: 0x0f,
  call: 0x10,
  call_indirect: 0x11,
  return_call_indirect: 0x13,
  select: 0x1b,
  local_get: 0x20,
  local_set: 0x21,
  local_tee: 0x22,
  i32_load: 0x28,
  i64_load: 0x29,
  i64_load8_u: 0x31,
  i64_load16_u: 0x33,
  i64_load32_u: 0x35,
  i32_store: 0x36,
  i64_store: 0x37,
  i64_store8: 0x3c,
  i64_store16: 0x3d,
  i64_store32: 0x3e,
  i32_const: 0x41,
  i64_const: 0x42,
  i32_eqz: 0x45,
  i32_lt_s: 0x48,
  i32_gt_s: 0x4a,
  i32_le_s: 0x4c,
  i32_ge_s: 0x4e,
  i64_eqz: 0x50,
  i64_eq: 0x51,
  i64_ne: 0x52,
  i64_lt_s: 0x53,
  i64_lt_u: 0x54,
  i64_gt_s: 0x55,
  i64_gt_u: 0x56,
  i64_le_s: 0x57,
  i64_le_u: 0x58,
  i64_ge_s: 0x59,
  i64_ge_u: 0x5a,
  i32_add: 0x6a,
  i32_sub: 0x6b,
  i32_and: 0x71,
  i32_or: 0x72,
  i32_xor: 0x73,
  i32_shl: 0x74,
  i32_shr_u: 0x76,
  i32_rotr: 0x78,
  i64_clz: 0x79,
  i64_add: 0x7c,
  i64_sub: 0x7d,
  i64_mul: 0x7e,
  i64_div_s: 0x7f,
  i64_div_u: 0x80,
  i64_and: 0x83,
  i64_or: 0x84,
  i64_xor: 0x85,
  i64_shl: 0x86,
  i64_shr_s: 0x87,
  i64_shr_u: 0x88,
  i64_rotr: 0x8a,
  i32_wrap_i64: 0xa7,
  i64_extend_i32_u: 0xad,
  i64_extend8_s: 0xc2,
  i64_extend16_s: 0xc3,
  i64_extend32_s: 0xc4,
} as const;

/** Value types, and the block type of a block without a value. */
export const I32 = 0x7f;
export const I64 = 0x7e;
export const NO_VALUE = 0x40;
const FUNCREF = 0x70;
const FUNC_TYPE = 0x60;
/** Limits with a maximum, of memory that threads share. */
const SHARED_LIMITS = 0x03;

/** An unsigned LEB128 number. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  do {
    const byte = value % 128;
    value = Math.floor(value / 128);
    bytes.push(value > 0 ? byte | 0x80 : byte);
  } while (value > 0);
  return bytes;
}

/** A signed LEB128 number of up to 32 bits. */
export function signed32(value: number): number[] {
  const bytes: number[] = [];
  for (value |= 0;; value >>= 7) {
    const byte = value & 0x7f;
    const done = (value >> 6) === 0 || (value >> 6) === -1;
    bytes.push(done ? byte : byte | 0x80);
    if (done) return bytes;
  }
}

/** A signed LEB128 number of 64 bits. */
export function signed64(value: bigint): number[] {
  let rest = BigInt.asIntN(64, value);
  // Most constants are small, and numbers are quicker.
  if (rest >= -0x4000_0000n && rest < 0x4000_0000n) return signed32(Number(rest));
  const bytes: number[] = [];
  for (;;) {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    const done = (rest === 0n && (byte & 0x40) === 0) || (rest === -1n && (byte & 0x40) !== 0);
    bytes.push(done ? byte : byte | 0x80);
    if (done) return bytes;
  }
}

const section = (id: number, content: number[]) => [id, ...unsigned(content.length), ...content];
const vector = (items: number[][]) => [...unsigned(items.length), ...items.flat()];
const name = (text: string) => [...unsigned(text.length), ...new TextEncoder().encode(text)];

/** How often each type stands in a row. */
function runs(types: readonly number[]): [count: number, type: number][] {
  const result: [number, number][] = [];
  for (const type of types) {
    const last = result.at(-1);
    if (last !== undefined && last[1] === type) last[0]++;
    else result.push([1, type]);
  }
  return result;
}

/** Function type 0: translated code. It takes and returns the fuel that is left. */
export const TYPE_CODE = 0;
/** Function 0: the call to the host. */
export const FUNCTION_HOST = 0;

/** What a module of translated code is put together from. */
export interface CodeModule {
  /** How many pages of 64 KiB the shared memory has. */
  readonly memoryPages: number;
  /** Where in the function table the code goes. */
  readonly slot: number;
  /** The types of the locals behind the parameter, in the order of their numbers. */
  readonly locals: readonly number[];
  /** The instructions. */
  readonly body: readonly number[];
}

/**
 * A module with one function of translated code, which puts itself into the
 * function table. Imports: the memory `e.m`, the table `e.t`, and the call to
 * the host `e.h`.
 */
export function encodeModule(
  { memoryPages, slot, locals, body }: CodeModule,
): Uint8Array<ArrayBuffer> {
  const pages = unsigned(memoryPages);
  const codeType = [FUNC_TYPE, ...vector([[I32]]), ...vector([[I32]])];
  const hostType = [FUNC_TYPE, ...vector([[I32], [I32]]), ...vector([])];
  const imports = [
    [...name("e"), ...name("m"), 0x02, SHARED_LIMITS, ...pages, ...pages],
    [...name("e"), ...name("t"), 0x01, FUNCREF, 0x00, ...unsigned(0)],
    [...name("e"), ...name("h"), 0x00, ...unsigned(1)],
  ];
  const declarations = vector(runs(locals).map(([count, type]) => [...unsigned(count), type]));
  const size = declarations.length + body.length + 1;
  const head = [
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector([codeType, hostType])),
    ...section(2, vector(imports)),
    ...section(3, vector([unsigned(TYPE_CODE)])),
    // Function 1, behind the import, goes into the table.
    ...section(
      9,
      vector([[0x00, Op.i32_const, ...signed32(slot), Op.end, ...vector([unsigned(1)])]]),
    ),
    // The code section by hand: the body may be long, and is copied once.
    ...[10, ...unsigned(size + unsigned(size).length + 1), 1, ...unsigned(size), ...declarations],
  ];
  const module = new Uint8Array(head.length + body.length + 1);
  module.set(head);
  module.set(body, head.length);
  module[module.length - 1] = Op.end;
  return module;
}

/**
 * The module through which JavaScript enters translated code: `enter(fuel,
 * slot)` calls what is in a slot of the table `e.t`; `absent` is what stands in
 * a slot without code.
 */
export function encodeEntry(): Uint8Array<ArrayBuffer> {
  const codeType = [FUNC_TYPE, ...vector([[I32]]), ...vector([[I32]])];
  const enterType = [FUNC_TYPE, ...vector([[I32], [I32]]), ...vector([[I32]])];
  const table = [...name("e"), ...name("t"), 0x01, FUNCREF, 0x00, ...unsigned(0)];
  const absent = [0, Op.local_get, 0, Op.end];
  const enter = [0, Op.local_get, 0, Op.local_get, 1, Op.call_indirect, TYPE_CODE, 0, Op.end];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector([codeType, enterType])),
    ...section(2, vector([table])),
    ...section(3, vector([[0], [1]])),
    ...section(7, vector([[...name("absent"), 0x00, 0], [...name("enter"), 0x00, 1]])),
    ...section(10, vector([absent, enter].map((body) => [...unsigned(body.length), ...body]))),
  ]);
}
