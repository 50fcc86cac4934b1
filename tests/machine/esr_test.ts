/** Tests ESR_EL1 in words. */

import { assertEquals } from "@std/assert";
import { decodeSyndrome, exceptionClass, hex } from "../../machine/esr.ts";

/** ESR_EL1 of an exception class with an instruction specific syndrome; IL (bit 25) is set, as for any 32-bit instruction. */
const esr = (ec: number, iss = 0) => BigInt(ec) << 26n | 1n << 25n | BigInt(iss);

/** The fault status code of an abort alone, with ISV clear. */
const load = (fsc: number) => fsc;
const store = (fsc: number) => fsc | 1 << 6;

/** ISS of a data abort with ISV set (Arm ARM, "ISS encoding for an exception from a Data Abort"). */
function access(size: number, register: number, flags: { wide?: boolean; store?: boolean } = {}) {
  return 1 << 24 | Math.log2(size) << 22 | register << 16 | (flags.wide ? 1 << 15 : 0) |
    (flags.store ? 1 << 6 : 0) | 0x04;
}

/** ISS of a trapped MSR or MRS (Arm ARM, "ISS encoding for … MSR, MRS or System instruction"). */
const system = (
  [op0, op1, crn, crm, op2]: [number, number, number, number, number],
  rt: number,
  read: boolean,
) => op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | rt << 5 | crm << 1 | (read ? 1 : 0);

const words: [esr: bigint, words: string][] = [
  [esr(0x00), "Undefined instruction"],
  [esr(0x01), "Trapped WFI or WFE"],
  [esr(0x07), "Trapped access to SIMD or floating point (CPACR_EL1.FPEN)"],
  [esr(0x0e), "Illegal execution state"],
  [esr(0x15, 0x42), "SVC: #0x42"],
  [esr(0x16, 0xffff), "HVC: #0xffff"],
  [esr(0x17, 0), "SMC: #0x0"],
  [esr(0x19), "Trapped access to SVE (CPACR_EL1.ZEN)"],
  [esr(0x22), "PC alignment fault"],
  [esr(0x26), "SP alignment fault"],
  [esr(0x2f), "SError"],
  [esr(0x31), "Breakpoint"],
  [esr(0x33), "Software step"],
  [esr(0x35), "Watchpoint"],
  [esr(0x3c, 0x996), "BRK: #0x996"],
  [esr(0x3f), "Exception class 0x3f"],
  // Instruction aborts.
  [esr(0x21, 0x00), "Instruction abort: address size fault, level 0"],
  [esr(0x21, 0x07), "Instruction abort: translation fault, level 3"],
  [esr(0x21, 0x09), "Instruction abort: access flag fault, level 1"],
  [esr(0x21, 0x0e), "Instruction abort: permission fault, level 2"],
  [esr(0x21, 0x10), "Instruction abort: synchronous external abort"],
  [esr(0x21, 0x15), "Instruction abort: synchronous external abort on a table walk, level 1"],
  [esr(0x21, 0x18), "Instruction abort: synchronous parity or ECC error"],
  [esr(0x20, 0x04), "Instruction abort from EL0: translation fault, level 0"],
  [esr(0x21, 0x3f), "Instruction abort: fault status 0x3f"],
  // Data aborts, whose access the CPU does not describe.
  [esr(0x25, load(0x21)), "Data abort: alignment fault, load"],
  [esr(0x25, store(0x21)), "Data abort: alignment fault, store"],
  [esr(0x25, store(0x35)), "Data abort: unsupported exclusive or atomic access, store"],
  [esr(0x25, load(0x30)), "Data abort: TLB conflict, load"],
  [esr(0x24, load(0x0f)), "Data abort from EL0: permission fault, level 3, load"],
  [esr(0x25, load(0x10)), "Data abort: synchronous external abort"],
  [esr(0x25, load(0x04) | 1 << 8), "Data abort: translation fault, level 0, cache maintenance"],
  // Data aborts, whose access it does describe.
  [esr(0x25, access(1, 3)), "Data abort: translation fault, level 0, load of 1 byte, w3"],
  [
    esr(0x25, access(2, 0, { store: true })),
    "Data abort: translation fault, level 0, store of 2 bytes, w0",
  ],
  [
    esr(0x25, access(8, 30, { wide: true })),
    "Data abort: translation fault, level 0, load of 8 bytes, x30",
  ],
  [
    esr(0x25, access(4, 31, { store: true })),
    "Data abort: translation fault, level 0, store of 4 bytes, wzr",
  ],
  // System instructions.
  [
    esr(0x18, system([3, 0, 12, 0, 0], 7, true)),
    "Trapped system instruction: mrs x7, vbar_el1",
  ],
  [
    esr(0x18, system([3, 0, 1, 0, 0], 0, false)),
    "Trapped system instruction: msr sctlr_el1, x0",
  ],
  [
    esr(0x18, system([3, 3, 14, 15, 7], 30, true)),
    "Trapped system instruction: mrs x30, pmccfiltr_el0",
  ],
  [
    esr(0x18, system([3, 7, 15, 12, 5], 1, true)),
    "Trapped system instruction: mrs x1, s3_7_c15_c12_5",
  ],
];

for (const [value, expected] of words) {
  Deno.test(`decodeSyndrome says "${expected}" of 0x${value.toString(16)}`, () => {
    const { name, details } = decodeSyndrome(value);
    assertEquals(details === "" ? name : `${name}: ${details}`, expected);
  });
}

const addresses: [what: string, esr: bigint, hasAddress: boolean][] = [
  ["an instruction abort", esr(0x21, 0x04), true],
  ["an instruction abort from EL0", esr(0x20, 0x04), true],
  ["a data abort", esr(0x25, 0x04), true],
  ["a data abort whose FnV bit is set", esr(0x25, 0x10 | 1 << 10), false],
  ["a PC alignment fault", esr(0x22), true],
  ["a watchpoint", esr(0x35), true],
  ["an undefined instruction", esr(0x00), false],
  ["a BRK", esr(0x3c), false],
  ["a trapped system instruction", esr(0x18), false],
  ["an SError", esr(0x2f), false],
];

for (const [what, value, expected] of addresses) {
  Deno.test(`decodeSyndrome knows that FAR_EL1 says ${expected ? "where" : "nothing"}: ${what}`, () => {
    assertEquals(decodeSyndrome(value).hasAddress, expected);
  });
}

Deno.test("exceptionClass takes bits 31 to 26", () => {
  assertEquals(exceptionClass(0xffff_ffff_5600_0000n), 0x15);
});

Deno.test("decodeSyndrome gives the exception class", () => {
  assertEquals(decodeSyndrome(esr(0x3c, 1)).ec, 0x3c);
});

Deno.test("hex takes numbers and bigints", () => {
  assertEquals([hex(0x996), hex(0xffff_ffff_ffff_ffffn)], ["0x996", "0xffffffffffffffff"]);
});
