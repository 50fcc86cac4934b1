/** Tests what data processing instructions do with registers. */

import { assertEquals } from "@std/assert";
import { effectsTests } from "./effects.ts";
import { effectsOf } from "./text_ops.ts";

// The instructions are at TEXT_PC, 0x1_0000_0ff8.
effectsTests("data processing instructions", [
  ["adr x0, .+0x1234", 0x100091a0, "x0 = 0x10000222c"],
  ["adr x30, .-4", 0x10fffffe, "x30 = 0x100000ff4"],
  ["add sp, sp, #16", 0x910043ff, "sp = (sp + 16)"],
  ["add w0, wsp, #1, lsl #12", 0x114007e0, "x0 = w((sp + 0x1000))"],
  ["adds xzr, sp, #1", 0xb10007ff, "t1 = adds64(sp, 1); zr = t1"],
  ["sub x0, sp, #32", 0xd10083e0, "x0 = (sp + -32)"],
  ["cmp w3, #4095", 0x713ffc7f, "t1 = subs32(x3, 0xfff); zr = t1"],
  ["and sp, x1, #0xff", 0x92401c3f, "sp = (x1 & 255)"],
  ["orr wsp, w1, #0x80000001", 0x3201043f, "sp = w((x1 | 0x80000001))"],
  ["tst x1, #0xf0f0f0f0f0f0f0f0", 0xf204cc3f, "t1 = flags64((x1 & 0xf0f0f0f0f0f0f0f0)); zr = t1"],
  ["mov x1, #-1", 0x92800001, "x1 = -1"],
  ["movn w1, #0", 0x12800001, "x1 = 0xffffffff"],
  ["movz w1, #0xffff, lsl #16", 0x52bfffe1, "x1 = 0xffff0000"],
  ["movz x1, #0x1234, lsl #48", 0xd2e24681, "x1 = 0x1234000000000000"],
  ["movk x1, #0x1234, lsl #16", 0xf2a24681, "x1 = ((x1 & 0xffffffff0000ffff) | 0x12340000)"],
  ["movk w1, #0x1234, lsl #16", 0x72a24681, "x1 = w(((x1 & 0xffffffff0000ffff) | 0x12340000))"],
  ["sbfx x1, x2, #4, #8", 0x93442c41, "x1 = (sx12(x2) >> 4)"],
  ["asr w1, w2, #5", 0x13057c41, "x1 = w((sx32(x2) >> 5))"],
  ["asr x1, x2, #63", 0x937ffc41, "x1 = (x2 >> 63)"],
  ["sxtb w1, w2", 0x13001c41, "x1 = w(sx8(x2))"],
  ["sxtw x1, w2", 0x93407c41, "x1 = sx32(x2)"],
  ["sbfiz x1, x2, #4, #8", 0x937c1c41, "x1 = (sx8(x2) << 4)"],
  ["ubfx w1, w2, #4, #8", 0x53042c41, "x1 = ((x2 >>> 4) & 255)"],
  ["lsr x1, x2, #3", 0xd343fc41, "x1 = (x2 >>> 3)"],
  ["lsl w1, w2, #3", 0x531d7041, "x1 = w((x2 << 3))"],
  ["uxth w1, w2", 0x53003c41, "x1 = (x2 & 0xffff)"],
  ["bfi x1, x2, #4, #8", 0xb37c1c41, "x1 = ((x1 & 0xfffffffffffff00f) | ((x2 & 255) << 4))"],
  ["bfxil w1, w2, #4, #8", 0x33042c41, "x1 = w(((x1 & -256) | ((x2 >>> 4) & 255)))"],
  ["extr x1, x2, x3, #9", 0x93c32441, "x1 = ((x3 >>> 9) | (x2 << 55))"],
  ["extr w1, w2, w3, #9", 0x13832441, "x1 = w(((w(x3) >>> 9) | (x2 << 23)))"],
  ["ror w1, w2, #9", 0x13822441, "x1 = ror32(x2, 9)"],
  ["and w1, w2, w3, lsr #4", 0x0a431041, "x1 = w((x2 & (w(x3) >>> 4)))"],
  ["bic x1, x2, x3", 0x8a230041, "x1 = (x2 & (x3 ^ -1))"],
  ["mov x1, x2", 0xaa0203e1, "x1 = x2"],
  ["mvn w1, w2", 0x2a2203e1, "x1 = w((x2 ^ -1))"],
  ["eon w1, w2, w3, ror #7", 0x4ae31c41, "x1 = w((x2 ^ (ror32(x3, 7) ^ -1)))"],
  ["ands w1, w2, w3, asr #4", 0x6a831041, "t1 = flags32(w((x2 & (sx32(x3) >> 4)))); x1 = t1"],
  ["bics x1, x2, x3, ror #1", 0xeae30441, "t1 = flags64((x2 & (ror(x3, 1) ^ -1))); x1 = t1"],
  ["add x1, x2, x3, lsl #63", 0x8b03fc41, "x1 = (x2 + (x3 << 63))"],
  ["neg w1, w2", 0x4b0203e1, "x1 = w((zr - x2))"],
  ["cmn x1, x2", 0xab02003f, "t1 = adds64(x1, x2); zr = t1"],
  ["subs w1, w2, w3, lsl #1", 0x6b030441, "t1 = subs32(x2, (x3 << 1)); x1 = t1"],
  ["add sp, x1, w2, uxtb #2", 0x8b22083f, "sp = (x1 + ((x2 & 255) << 2))"],
  ["sub x1, sp, x2", 0xcb2263e1, "x1 = (sp - x2)"],
  ["cmp sp, w2, sxth", 0xeb22a3ff, "t1 = subs64(sp, sx16(x2)); zr = t1"],
  ["adds w1, wsp, w2, sxtb #4", 0x2b2293e1, "t1 = adds32(sp, (sx8(x2) << 4)); x1 = t1"],
  ["adc x1, x2, x3", 0x9a030041, "x1 = ((x2 + x3) + C)"],
  ["ngc w1, w2", 0x5a0203e1, "x1 = w(((zr + (x2 ^ -1)) + C))"],
  ["adcs w1, w2, w3", 0x3a030041, "t1 = adds32(x2, x3, C); x1 = t1"],
  ["sbcs x1, x2, x3", 0xfa030041, "t1 = adds64(x2, (x3 ^ -1), C); x1 = t1"],
  [
    "ccmp x1, x2, #5, lt",
    0xfa42b025,
    "if lt subs64(x1, x2) else nzcv = 5",
  ],
  [
    "ccmn w1, #31, #8, ne",
    0x3a5f1828,
    "if ne adds32(x1, 31) else nzcv = 8",
  ],
  ["csel x1, x2, x3, eq", 0x9a830041, "x1 = (eq ? x2 : x3)"],
  ["cset w1, ne", 0x1a9f07e1, "x1 = !(eq)"],
  ["csinv w1, w2, w3, hi", 0x5a838041, "x1 = w((hi ? x2 : (x3 ^ -1)))"],
  ["csneg x1, x2, x3, le", 0xda83d441, "x1 = (le ? x2 : (0 - x3))"],
  [
    "rev16 w1, w2",
    0x5ac00441,
    "x1 = w((((x2 >>> 8) & 0xff00ff00ff00ff) | ((x2 & 0xff00ff00ff00ff) << 8)))",
  ],
  ["clz w1, w2", 0x5ac01041, "x1 = (clz(w(x2)) - 32)"],
  ["cls x1, x2", 0xdac01441, "x1 = (clz((x2 ^ (x2 >> 1))) - 1)"],
  ["cls w1, w2", 0x5ac01441, "x1 = (clz((sx32(x2) ^ (sx32(x2) >> 1))) - 33)"],
  ["udiv w1, w2, w3", 0x1ac30841, "x1 = udiv(w(x2), w(x3))"],
  ["sdiv w1, w2, w3", 0x1ac30c41, "x1 = w(sdiv(sx32(x2), sx32(x3)))"],
  ["lslv w1, w2, w3", 0x1ac32041, "x1 = w((x2 << (x3 & 31)))"],
  ["lsrv w1, w2, w3", 0x1ac32441, "x1 = (w(x2) >>> (x3 & 31))"],
  ["asrv w1, w2, w3", 0x1ac32841, "x1 = w((sx32(x2) >> (x3 & 31)))"],
  ["rorv x1, x2, x3", 0x9ac32c41, "x1 = ror(x2, x3)"],
  ["crc32b w1, w2, w3", 0x1ac34041, "x1 = crc32(w(x2), x3, 8)"],
  ["crc32cx w1, w2, x3", 0x9ac35c41, "x1 = crc32c(w(x2), x3, 64)"],
  ["mul x1, x2, x3", 0x9b037c41, "x1 = (x2 * x3)"],
  ["madd w1, w2, w3, w4", 0x1b031041, "x1 = w((x4 + (x2 * x3)))"],
  ["mneg w1, w2, w3", 0x1b03fc41, "x1 = w((zr - (x2 * x3)))"],
  ["smull x1, w2, w3", 0x9b237c41, "x1 = (sx32(x2) * sx32(x3))"],
  ["umsubl x1, w2, w3, x4", 0x9ba39041, "x1 = (x4 - (w(x2) * w(x3)))"],
  ["smulh x1, x2, x3", 0x9b437c41, "x1 = smulh(x2, x3)"],
]);

// The assembler leaves pages to the linker, so these are not in the list.
Deno.test("adrp counts pages from the instruction's own", () => {
  assertEquals(effectsOf(0x90000001), ["x1 = 0x100000000"]);
  assertEquals(effectsOf(0xb0000001), ["x1 = 0x100001000"]);
  assertEquals(effectsOf(0xf0ffffe1), ["x1 = 0xfffff000"]);
});

Deno.test("adrp reaches 4 GiB in both directions", () => {
  assertEquals(effectsOf(0xf07fffe1), ["x1 = 0x1fffff000"]);
  assertEquals(effectsOf(0x90800001), ["x1 = 0"]);
});
