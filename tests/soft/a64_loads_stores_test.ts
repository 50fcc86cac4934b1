/** Tests what loads and stores do: addresses, accesses and their syndromes, the order of effects. */

import { effectsTests } from "./effects.ts";

// The instructions are at TEXT_PC, 0x1_0000_0ff8.
effectsTests("loads and stores", [
  ["ldr w1, .+0x1000", 0x18008001, "t1 = load 32 for w1 [0x100001ff8]; x1 = t1"],
  ["ldr x1, .-4", 0x58ffffe1, "t1 = load 64 for x1 [0x100000ff4]; x1 = t1"],
  ["ldrsw x1, .+8", 0x98000041, "t1 = load 32 for x1 signed [0x100001000]; x1 = sx32(t1)"],
  ["prfm pldl1keep, [x1]", 0xf9800020, ""],
  ["strb w1, [sp, #3]", 0x39000fe1, "store 8 for w1 [(sp + 3)] x1"],
  ["ldr x1, [x2, #8]", 0xf9400441, "t1 = load 64 for x1 [(x2 + 8)]; x1 = t1"],
  ["ldrsb x1, [x2, #1]", 0x39800441, "t1 = load 8 for x1 signed [(x2 + 1)]; x1 = sx8(t1)"],
  ["ldrsh w1, [x2, #2]", 0x79c00441, "t1 = load 16 for w1 signed [(x2 + 2)]; x1 = w(sx16(t1))"],
  ["ldrsw xzr, [x2, #4]", 0xb980045f, "t1 = load 32 for x31 signed [(x2 + 4)]; zr = sx32(t1)"],
  ["stur xzr, [x2, #-1]", 0xf81ff05f, "store 64 for x31 [(x2 + -1)] zr"],
  ["ldtrb w1, [x2, #-1]", 0x385ff841, "t1 = load 8 as EL0 for w1 [(x2 + -1)]; x1 = t1"],
  ["str x1, [sp, #-16]!", 0xf81f0fe1, "store 64 [(sp + -16)] x1; sp = (sp + -16)"],
  ["ldr w1, [sp], #4", 0xb84047e1, "t1 = load 32 [sp]; sp = (sp + 4); x1 = t1"],
  ["ldrsb w1, [x2], #1", 0x38c01441, "t1 = load 8 [x2]; x2 = (x2 + 1); x1 = w(sx8(t1))"],
  ["ldrsh x1, [x2, #2]!", 0x78802c41, "t1 = load 16 [(x2 + 2)]; x2 = (x2 + 2); x1 = sx16(t1)"],
  ["ldr x1, [sp, x2, lsl #3]", 0xf8627be1, "t1 = load 64 for x1 [(sp + (x2 << 3))]; x1 = t1"],
  ["ldrh w1, [x3, w2, uxtw]", 0x78624861, "t1 = load 16 for w1 [(x3 + w(x2))]; x1 = t1"],
  ["str w1, [x3, w2, sxtw #2]", 0xb822d861, "store 32 for w1 [(x3 + (sx32(x2) << 2))] x1"],
  ["ldrsb x1, [x3, x2, sxtx]", 0x38a2e861, "t1 = load 8 for x1 signed [(x3 + x2)]; x1 = sx8(t1)"],
  [
    "stp x29, x30, [sp, #-16]!",
    0xa9bf7bfd,
    "store 2 x 64 [(sp + -16)] x29,x30; sp = (sp + -16)",
  ],
  [
    "ldp w1, w2, [sp], #8",
    0x28c10be1,
    "t1 = load 2 x 32 [sp]; t2 = second; sp = (sp + 8); x1 = t1; x2 = t2",
  ],
  [
    "ldpsw x1, x2, [x3, #-8]",
    0x697f0861,
    "t1 = load 2 x 32 [(x3 + -8)]; t2 = second; x1 = sx32(t1); x2 = sx32(t2)",
  ],
  ["ldnp x1, x2, [x3]", 0xa8400861, "t1 = load 2 x 64 [x3]; t2 = second; x1 = t1; x2 = t2"],
  ["ldxr w1, [sp]", 0x885f7fe1, "t1 = load exclusive 32 [sp]; x1 = t1"],
  ["stlxrh w1, w2, [x3]", 0x4801fc62, "t1 = store exclusive 16 ordered [x3] x2; x1 = t1"],
  [
    "ldaxp x1, x2, [x3]",
    0xc87f8861,
    "t1 = load exclusive 64 ordered [x3]; t2 = second; x1 = t1; x2 = t2",
  ],
  ["stxp w1, w2, w3, [x4]", 0x88210c82, "t1 = store exclusive 32 [x4] x2,x3; x1 = t1"],
  ["ldar x1, [x2]", 0xc8dffc41, "t1 = load 64 ordered for x1 [x2]; x1 = t1"],
  ["stlrb w1, [x2]", 0x089ffc41, "store 8 ordered for w1 [x2] x1"],
  ["stllr w1, [sp]", 0x889f7fe1, "store 32 ordered for w1 [sp] x1"],
  ["ldaddal x1, x2, [sp]", 0xf8e103e2, "t1 = add 64 ordered [sp] x1; x2 = t1"],
  ["stclrb w1, [x2]", 0x3821105f, "t1 = clr 8 [x2] x1; zr = t1"],
  ["swph w1, w2, [x3]", 0x78218062, "t1 = swp 16 [x3] x1; x2 = t1"],
  ["ldsmin w1, w2, [x3]", 0xb8215062, "t1 = smin 32 [x3] x1; x2 = t1"],
  ["casa x1, x2, [x3]", 0xc8e17c62, "t1 = cas 64 ordered [x3] x1 -> x2; x1 = t1"],
  [
    "caspl w0, w1, w2, w3, [x4]",
    0x0820fc82,
    "t1 = casp 32 ordered [x4] x0,x1 -> x2,x3; t2 = second; x0 = t1; x1 = t2",
  ],
]);
