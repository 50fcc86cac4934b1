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
  i32_eq: 0x46,
  i32_lt_s: 0x48,
  i32_lt_u: 0x49,
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
const FLAGS_TYPE = [FUNC_TYPE, 3, I32, I64, I64, 1, I32];
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

/** Bytes, and pieces of code made of such: so that putting code together copies nothing. */
export type Code = readonly (number | Code)[];

/** A growing piece of bytes. */
export class Bytes {
  /** How many there are. */
  length = 0;
  #all = new Uint8Array(INITIAL_SIZE);

  /** Adds the bytes of a piece of code. */
  append(code: Code): void {
    for (let i = 0; i < code.length; i++) {
      const part = code[i]!;
      if (typeof part !== "number") this.append(part);
      else {
        if (this.length === this.#all.length) this.#grow(1);
        this.#all[this.length++] = part;
      }
    }
  }

  /** Adds bytes. */
  appendBytes(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.#all.length) this.#grow(bytes.length);
    this.#all.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** All of them, as a view. */
  view(): Uint8Array<ArrayBuffer> {
    return this.#all.subarray(0, this.length);
  }

  #grow(by: number): void {
    const all = new Uint8Array(2 * this.#all.length + by);
    all.set(this.#all);
    this.#all = all;
  }
}

const INITIAL_SIZE = 1024;

/** How many bytes a piece of code has. */
function size(code: Code): number {
  return code.reduce<number>((sum, part) => sum + (typeof part === "number" ? 1 : size(part)), 0);
}

const section = (id: number, content: Code): Code => [id, unsigned(size(content)), content];
const vector = (items: Code): Code => [unsigned(items.length), items];
const name = (text: string): Code => [
  unsigned(text.length),
  Array.from(text, (letter) => letter.charCodeAt(0)),
];

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

/** Function type 0: translated code. It takes the fuel that is left and how many functions of translated code have called each other; it returns the fuel. */
export const TYPE_CODE = 0;
const CODE_TYPE: Code = [FUNC_TYPE, 2, I32, I32, 1, I32];
/** Taken from the fuel that is returned when all that called each other must return: when the PC is not where somebody expects it, or an exception or exit is pending. */
export const STOPPED = 2 ** 30;
/** Function 0: the call to the host. */
export const FUNCTION_HOST = 0;
/** Function 1: works out flags (see nzcvFunction). */
export const FUNCTION_FLAGS = 1;
/** Function 2: the code of the module itself. */
const FUNCTION_OWN = 2;

/** That an `if` goes one way most often (WebAssembly, branch hinting). */
export interface BranchHint {
  /** The place of the `if` in the body. */
  readonly at: number;
  readonly likely: boolean;
}

/** What a module of translated code is put together from. */
export interface CodeModule {
  /** Where in the function table the code goes. */
  readonly slot: number;
  /** The types of the locals behind the parameters, in the order of their numbers. */
  readonly locals: readonly number[];
  /** The instructions: what stands before the rest, and the rest. */
  readonly prologue: Code;
  readonly body: Uint8Array;
  /** In the order of their places. */
  readonly hints: readonly BranchHint[];
}

const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const BRANCH_HINTS = name("metadata.code.branch_hint");

/**
 * Makes modules with one function of translated code each, which puts itself
 * into the function table. Imports: the memory `e.m`, the table `e.t`, the call
 * to the host `e.h`, and the function that works out flags `e.f`.
 */
export class ModuleEncoder {
  /** What all modules begin with. */
  readonly #head = new Bytes();

  /** @param memoryPages How many pages of 64 KiB the shared memory has. */
  constructor(memoryPages: number) {
    const pages = unsigned(memoryPages);
    const hostType = [FUNC_TYPE, 2, I32, I32, 0];
    const imports = [
      [name("e"), name("m"), 0x02, SHARED_LIMITS, pages, pages],
      [name("e"), name("t"), 0x01, FUNCREF, 0x00, 0],
      [name("e"), name("h"), 0x00, 1],
      [name("e"), name("f"), 0x00, 2],
    ];
    this.#head.append([
      PREAMBLE,
      section(1, vector([CODE_TYPE, hostType, FLAGS_TYPE])),
      section(2, vector(imports)),
      section(3, vector([TYPE_CODE])),
    ]);
  }

  /** A module. */
  encode({ slot, locals, prologue, body, hints }: CodeModule): Uint8Array<ArrayBuffer> {
    const declarations = vector(runs(locals).map(([count, type]) => [unsigned(count), type]));
    const start = size(declarations) + size(prologue);
    const length = start + body.length + 1;
    const element = [0x00, Op.i32_const, signed32(slot), Op.end, 1, FUNCTION_OWN];
    const places = hints.map(({ at, likely }) => [unsigned(start + at), 1, Number(likely)]);
    const module = new Bytes();
    module.appendBytes(this.#head.view());
    module.append([
      section(9, vector([element])),
      section(0, [BRANCH_HINTS, vector([[FUNCTION_OWN, vector(places)]])]),
      // The code section by hand: the body may be long, and is copied once.
      [10, unsigned(length + unsigned(length).length + 1), 1, unsigned(length)],
      [declarations, prologue],
    ]);
    module.appendBytes(body);
    module.append([Op.end]);
    return module.view();
  }
}

/**
 * The module through which JavaScript enters translated code: `enter(fuel,
 * slot)` calls what is in a slot of the table `e.t`; `absent` is what stands in
 * a slot without code; `flags` is for the modules of translated code.
 */
export function encodeEntry(flagsBody: Code): Uint8Array<ArrayBuffer> {
  const table = [name("e"), name("t"), 0x01, FUNCREF, 0x00, 0];
  const absent = [0, Op.local_get, 0, Op.i32_const, signed32(STOPPED), Op.i32_sub, Op.end];
  const enter = [
    [0, Op.local_get, 0, Op.i32_const, 0],
    [Op.local_get, 1, Op.call_indirect, TYPE_CODE, 0, Op.end],
  ];
  const flags = [0, flagsBody, Op.end];
  const module = new Bytes();
  module.append([
    PREAMBLE,
    section(1, vector([CODE_TYPE, FLAGS_TYPE])),
    section(2, vector([table])),
    section(3, vector([0, 0, 1])),
    section(7, vector(["absent", "enter", "flags"].map((text, i) => [name(text), 0x00, i]))),
    section(10, vector([absent, enter, flags].map((body) => [unsigned(size(body)), body]))),
  ]);
  return module.view();
}
