/**
 * Small guests that only tests need. Each one ends by running into the zeroed
 * memory behind it, unless it never ends. programs_test.ts has the assembler
 * check each word.
 *
 * @module
 */

/** An instruction, and what it is in assembly. */
export type Instruction = readonly [word: number, assembly: string];

/** Instructions as a flat binary. */
export function flat(program: readonly Instruction[]): Uint8Array {
  return new Uint8Array(new Uint32Array(program.map(([word]) => word)).buffer);
}

/** Adds x0 and x1 to x2, and the low half of v0 to x3. */
export const sum: readonly Instruction[] = [
  [0x8b010002, "add x2, x0, x1"],
  [0x9e660003, "fmov x3, d0"],
];

/** Stores what is in x0 to the address in x1, and loads x2 from the address in x3. */
export const store: readonly Instruction[] = [
  [0xf9000020, "str x0, [x1]"],
  [0xf9400062, "ldr x2, [x3]"],
];

/** Loads the first of the vectors, stores to it, and loads it again. */
export const pokeVectors: readonly Instruction[] = [
  [0xd29e0000, "mov x0, #0xf000"],
  [0xb9400001, "ldr w1, [x0]"],
  [0x52800b42, "mov w2, #0x5a"],
  [0xb9000002, "str w2, [x0]"],
  [0xb9400003, "ldr w3, [x0]"],
];

/** Jumps to a vector that no exception leads to. */
export const jumpToVector: readonly Instruction[] = [
  [0xd29e4000, "mov x0, #0xf200"],
  [0xd61f0000, "br x0"],
];

/** Loads and stores 8 bytes at x1 addresses from x0 on, x2 bytes apart. */
export const hammer: readonly Instruction[] = [
  [0xf9400003, "ldr x3, [x0]"],
  [0xf9000003, "str x3, [x0]"],
  [0x8b020000, "add x0, x0, x2"],
  [0xf1000421, "subs x1, x1, #1"],
  [0x54ffff81, "b.ne . - 16"],
];

/** Stores to and loads from every address of the device page, with every width. */
export const sweep: readonly Instruction[] = [
  [0xd2800000, "mov x0, #0"],
  [0x39000000, "strb w0, [x0]"],
  [0x39400001, "ldrb w1, [x0]"],
  [0x91000400, "add x0, x0, #1"],
  [0xf140041f, "cmp x0, #0x1000"],
  [0x54ffff81, "b.ne . - 16"],
  [0xd2800000, "mov x0, #0"],
  [0x79000000, "strh w0, [x0]"],
  [0x79400001, "ldrh w1, [x0]"],
  [0x91000800, "add x0, x0, #2"],
  [0xf140041f, "cmp x0, #0x1000"],
  [0x54ffff81, "b.ne . - 16"],
  [0xd2800000, "mov x0, #0"],
  [0xb9000000, "str w0, [x0]"],
  [0xb9400001, "ldr w1, [x0]"],
  [0x91001000, "add x0, x0, #4"],
  [0xf140041f, "cmp x0, #0x1000"],
  [0x54ffff81, "b.ne . - 16"],
  [0xd2800000, "mov x0, #0"],
  [0xf9000000, "str x0, [x0]"],
  [0xf9400001, "ldr x1, [x0]"],
  [0x91002000, "add x0, x0, #8"],
  [0xf140041f, "cmp x0, #0x1000"],
  [0x54ffff81, "b.ne . - 16"],
  [0xd28c01a1, "mov x1, #0x600d"],
];

/** Points VBAR_EL1 to itself plus 0x800, whose vector at 0x200 raises an exception in its second instruction. */
export const loopInVectors: readonly Instruction[] = [
  [0x10004000, "adr x0, . + 0x800"],
  [0xd518c000, "msr vbar_el1, x0"],
  [0x528403e1, "mov w1, #0x201f"],
  [0x72baa061, "movk w1, #0xd503, lsl #16"],
  [0xb9020001, "str w1, [x0, #0x200]"],
  [0x52800001, "mov w1, #0"],
  [0x72ba8401, "movk w1, #0xd420, lsl #16"],
  [0xb9020401, "str w1, [x0, #0x204]"],
  [0xd5033fdf, "isb"],
  [0xd4200000, "brk #0"],
];

/** Turns the MMU on with translation tables where there is no memory. */
export const badTables: readonly Instruction[] = [
  [0xd2840000, "mov x0, #0x2000"],
  [0xd5182000, "msr ttbr0_el1, x0"],
  [0xd2800021, "mov x1, #1"],
  [0xd5181001, "msr sctlr_el1, x1"],
  [0xd5033fdf, "isb"],
];

/** Waits for an interrupt that never comes. */
export const sleep: readonly Instruction[] = [
  [0xd503207f, "wfi"],
  [0x17ffffff, "b . - 4"],
];

/** Asks PSCI to switch this CPU off (CPU_OFF), which stops the guest without ending it. */
export const cpuOff: readonly Instruction[] = [
  [0x52800040, "mov w0, #2"],
  [0x72b08000, "movk w0, #0x8400, lsl #16"],
  [0xd4000002, "hvc #0"],
  [0x14000000, "b ."],
];

/** Prints the same byte for ever. */
export const flood: readonly Instruction[] = [
  [0xd28132c0, "mov x0, #0x996"],
  [0x52800f01, "mov w1, #0x78"],
  [0x39000001, "strb w1, [x0]"],
  [0x17ffffff, "b . - 4"],
];

/** Prints a byte, then loads x1 from a device at 0x2000. */
export const waitAtDevice: readonly Instruction[] = [
  [0xd28132c0, "mov x0, #0x996"],
  [0x52800f01, "mov w1, #0x78"],
  [0x39000001, "strb w1, [x0]"],
  [0xd2840000, "mov x0, #0x2000"],
  [0x39400001, "ldrb w1, [x0]"],
];

/** Loads a byte from a device at 0x2000, for ever. */
export const pollDevice: readonly Instruction[] = [
  [0xd2840000, "mov x0, #0x2000"],
  [0x39400001, "ldrb w1, [x0]"],
  [0x17ffffff, "b . - 4"],
];
