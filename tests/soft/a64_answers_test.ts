/**
 * Tests what instructions compute, by answers worked out by hand. All of the
 * table is compared with KVM elsewhere; these are quick, and say at once what is
 * broken.
 */

import { assertEquals } from "@std/assert";
import { CpuState } from "../../soft/cpu_state.ts";
import type { HostCalls } from "../../soft/host_calls.ts";
import { Interpreter } from "../../soft/interpreter.ts";
import { STATE_SIZE } from "../../soft/state.ts";
import { assemble, assemblerTest } from "../toolchain.ts";

const PAGE_SIZE = 0x1_0000;
const pages = STATE_SIZE / PAGE_SIZE;
const cpu = new CpuState(
  new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }),
  0,
);
/** These instructions call nobody. */
const noCalls = {} as HostCalls;

const N = 8, Z = 4, C = 2, V = 1;
const MIN = 0x8000_0000_0000_0000n, MAX = 0x7fff_ffff_ffff_ffffn, ALL = 0xffff_ffff_ffff_ffffn;
/** The upper half of a source that a W register must not see. */
const HIGH = 0xdead_beef_0000_0000n;
const BITS = 0x0123_4567_89ab_cdefn;
const X1 = 0x1111_1111_1111_1111n;
const SET_FLAGS = N | C;

/** The instruction; X2 and X3; X1 afterwards; the flags, if they are not what they were (SET_FLAGS). */
const cases: [string, number, bigint, bigint, bigint, number?][] = [
  ["adds x1, x2, x3", 0xab030041, MAX, 1n, MIN, N | V],
  ["adds x1, x2, x3", 0xab030041, ALL, 1n, 0n, Z | C],
  ["adds w1, w2, w3", 0x2b030041, HIGH + 0x7fff_ffffn, HIGH + 1n, 0x8000_0000n, N | V],
  ["adds w1, w2, w3", 0x2b030041, HIGH + 0xffff_ffffn, 1n, 0n, Z | C],
  ["subs x1, x2, x3", 0xeb030041, MIN, 1n, MAX, C | V],
  ["subs x1, x2, x3", 0xeb030041, 0n, 0n, 0n, Z | C],
  ["subs x1, x2, x3", 0xeb030041, 0n, 1n, ALL, N],
  ["subs w1, w2, w3", 0x6b030041, HIGH, 1n, 0xffff_ffffn, N],
  ["subs w1, w2, w3", 0x6b030041, 0x8000_0000n, 1n, 0x7fff_ffffn, C | V],
  ["adcs x1, x2, x3", 0xba030041, ALL, 0n, 0n, Z | C],
  ["adcs w1, w2, w3", 0x3a030041, 0xffff_ffffn, 0xffff_ffffn, 0xffff_ffffn, N | C],
  ["adc w1, w2, w3", 0x1a030041, 0xffff_ffffn, 0n, 0n],
  ["sbcs x1, x2, x3", 0xfa030041, 5n, 5n, 0n, Z | C],
  ["sbcs w1, w2, w3", 0x7a030041, HIGH, 1n, 0xffff_ffffn, N],
  ["sbc x1, x2, x3", 0xda030041, 0n, 1n, ALL],
  ["ands x1, x2, x3", 0xea030041, MIN, ALL, MIN, N],
  ["ands w1, w2, w3", 0x6a030041, HIGH, ALL, 0n, Z],
  ["bics x1, x2, x3, lsl #63", 0xea23fc41, ALL, 1n, MAX, 0],
  ["add x1, x2, x3, asr #63", 0x8b83fc41, 5n, MIN, 4n],
  ["sub w1, w2, w3, lsr #31", 0x4b437c41, HIGH, 0xffff_ffffn, 0xffff_ffffn],
  ["eon w1, w2, w3, ror #4", 0x4ae31041, 0n, 0x1234_5678n, 0x7edc_ba98n],
  ["add x1, x2, w3, sxtb #4", 0x8b239041, 0n, 0x80n, ALL - 2047n],
  ["add x1, x2, w3, uxtw #2", 0x8b234841, 1n, HIGH + 0xffff_ffffn, 0x3_ffff_fffdn],
  ["sub w1, w2, w3, uxth", 0x4b232041, 0n, 0x1_ffffn, 0xffff_0001n],
  ["ccmp x2, x3, #5, ne", 0xfa431045, 1n, 2n, X1, N],
  ["ccmp x2, x3, #5, eq", 0xfa430045, 1n, 2n, X1, Z | V],
  ["ccmn w2, w3, #0, cs", 0x3a432040, 0xffff_ffffn, 1n, X1, Z | C],
  ["csel x1, x2, x3, mi", 0x9a834041, 1n, 2n, 1n],
  ["csinc w1, w2, w3, pl", 0x1a835441, 1n, 0xffff_ffffn, 0n],
  ["csinv w1, w2, w3, eq", 0x5a830041, 1n, 2n, 0xffff_fffdn],
  ["csneg x1, x2, x3, vs", 0xda836441, 1n, 2n, ALL - 1n],
  ["cset x1, lt", 0x9a9fa7e1, 0n, 0n, 1n],
  ["csetm w1, ge", 0x5a9fb3e1, 0n, 0n, 0n],
  ["movk x1, #0x1234, lsl #32", 0xf2c24681, 0n, 0n, 0x1111_1234_1111_1111n],
  ["movn w1, #0, lsl #16", 0x12a00001, 0n, 0n, 0xffff_ffffn],
  ["sbfx x1, x2, #60, #4", 0x937cfc41, MIN, 0n, ALL - 7n],
  ["sbfiz w1, w2, #28, #4", 0x13040c41, HIGH + 15n, 0n, 0xf000_0000n],
  ["asr w1, w2, #31", 0x131f7c41, 0x8000_0000n, 0n, 0xffff_ffffn],
  ["ubfx x1, x2, #1, #63", 0xd341fc41, ALL, 0n, MAX],
  ["lsl x1, x2, #63", 0xd3410041, 3n, 0n, MIN],
  ["lsr w1, w2, #31", 0x531f7c41, ALL, 0n, 1n],
  ["bfi x1, x2, #8, #16", 0xb3783c41, BITS, 0n, 0x1111_1111_11cd_ef11n],
  ["bfxil w1, w2, #8, #8", 0x33083c41, BITS, 0n, 0x1111_11cdn],
  ["extr x1, x2, x3, #4", 0x93c31041, 1n, BITS, 0x1012_3456_789a_bcden],
  ["extr w1, w2, w3, #8", 0x13832041, 0x12n, HIGH + 0x3456_7890n, 0x1234_5678n],
  ["lslv w1, w2, w3", 0x1ac32041, 1n, 63n, 0x8000_0000n],
  ["lsrv x1, x2, x3", 0x9ac32441, MIN, 127n, 1n],
  ["asrv w1, w2, w3", 0x1ac32841, 0x8000_0000n, 33n, 0xc000_0000n],
  ["rorv w1, w2, w3", 0x1ac32c41, HIGH + 1n, 1n, 0x8000_0000n],
  ["udiv x1, x2, x3", 0x9ac30841, ALL, 0n, 0n],
  ["udiv w1, w2, w3", 0x1ac30841, HIGH + 10n, HIGH + 3n, 3n],
  ["sdiv x1, x2, x3", 0x9ac30c41, MIN, ALL, MIN],
  ["sdiv w1, w2, w3", 0x1ac30c41, 0x8000_0000n, 0xffff_ffffn, 0x8000_0000n],
  ["sdiv w1, w2, w3", 0x1ac30c41, 0xffff_fff9n, 2n, 0xffff_fffdn],
  ["rbit x1, x2", 0xdac00041, BITS, 0n, 0xf7b3_d591_e6a2_c480n],
  ["rbit w1, w2", 0x5ac00041, HIGH + 1n, 0n, 0x8000_0000n],
  ["rev x1, x2", 0xdac00c41, BITS, 0n, 0xefcd_ab89_6745_2301n],
  ["rev w1, w2", 0x5ac00841, BITS, 0n, 0xefcd_ab89n],
  ["rev16 x1, x2", 0xdac00441, BITS, 0n, 0x2301_6745_ab89_efcdn],
  ["rev32 x1, x2", 0xdac00841, BITS, 0n, 0x6745_2301_efcd_ab89n],
  ["clz x1, x2", 0xdac01041, 0n, 0n, 64n],
  ["clz w1, w2", 0x5ac01041, HIGH, 0n, 32n],
  ["cls x1, x2", 0xdac01441, ALL, 0n, 63n],
  ["cls w1, w2", 0x5ac01441, HIGH + 0xf000_0000n, 0n, 3n],
  ["madd x1, x2, x3, x2", 0x9b030841, BITS, ALL, 0n],
  ["msub w1, w2, w3, w2", 0x1b038841, HIGH + 7n, 3n, 0xffff_fff2n],
  ["smull x1, w2, w3", 0x9b237c41, 0xffff_ffffn, 0x8000_0000n, 0x8000_0000n],
  ["umull x1, w2, w3", 0x9ba37c41, ALL, ALL, 0xffff_fffe_0000_0001n],
  ["smulh x1, x2, x3", 0x9b437c41, MIN, MIN, 0x4000_0000_0000_0000n],
  ["smulh x1, x2, x3", 0x9b437c41, ALL, 1n, ALL],
  ["umulh x1, x2, x3", 0x9bc37c41, ALL, ALL, 0xffff_ffff_ffff_fffen],
  ["mrs x1, nzcv", 0xd53b4201, 0n, 0n, 0xa000_0000n],
];

for (const [assembly, word, x2, x3, expected, flags = SET_FLAGS] of cases) {
  Deno.test(`${assembly} of ${x2.toString(16)} and ${x3.toString(16)} is ${expected.toString(16)}`, () => {
    // X1 is also a source, of bfm and ccmp.
    [0n, X1, x2, x3].forEach((value, n) => cpu.setX(n, value));
    cpu.nzcv = SET_FLAGS * 2 ** 28;
    new Interpreter(cpu, noCalls).step(word);
    assertEquals([cpu.x(1), cpu.nzcv / 2 ** 28], [expected, flags]);
  });
}

assemblerTest("the instructions with known answers are what the assembler makes", () => {
  assertEquals(assemble(cases.map(([assembly]) => assembly)), cases.map(([, word]) => word));
});
