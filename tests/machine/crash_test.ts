/** Tests the report of a crash. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Crash, describeCrash, readCrash, summarizeCrash } from "../../machine/crash.ts";
import { ScriptedVcpu } from "../scripted_vm.ts";

/** A store of one byte beyond the guest's memory, from x3. */
const crash: Crash = {
  vector: 4,
  instruction: 0x3900_0020,
  esr: 0x9603_0044n,
  elr: 0x1_0008n,
  far: 0x8000_0000_0001n,
  spsr: 0x6000_03c5n,
  pc: 0xf200n,
  spEl0: 0x1234n,
  spEl1: 0x11_0000n,
  x: Array.from({ length: 31 }, (_, i) => BigInt(i)),
};

/** A crash with an undefined instruction and nothing else. */
const plain: Crash = { ...crash, esr: 0x0200_0000n };

/** The line of a report that starts with a word. */
const line = (of: Crash, word: string) =>
  describeCrash(of).split("\n").find((line) => line.trimStart().startsWith(word));

Deno.test("describeCrash gives the whole report", () => {
  assertEquals(
    describeCrash(crash),
    `\
Data abort: translation fault, level 0, store, address 0x800000000001, at PC 0x10008
  Synchronous exception from the current EL
  ESR_EL1  0x0000000096030044  EC 0x25: Data abort; ISS 0x30044: translation fault, level 0, store
  ELR_EL1  0x0000000000010008  instruction 0x39000020
  FAR_EL1  0x0000800000000001
  SPSR_EL1 0x00000000600003c5  EL1h, flags ZC, masked DAIF
     X0 0x0000000000000000      X1 0x0000000000000001      X2 0x0000000000000002
     X3 0x0000000000000003      X4 0x0000000000000004      X5 0x0000000000000005
     X6 0x0000000000000006      X7 0x0000000000000007      X8 0x0000000000000008
     X9 0x0000000000000009     X10 0x000000000000000a     X11 0x000000000000000b
    X12 0x000000000000000c     X13 0x000000000000000d     X14 0x000000000000000e
    X15 0x000000000000000f     X16 0x0000000000000010     X17 0x0000000000000011
    X18 0x0000000000000012     X19 0x0000000000000013     X20 0x0000000000000014
    X21 0x0000000000000015     X22 0x0000000000000016     X23 0x0000000000000017
    X24 0x0000000000000018     X25 0x0000000000000019     X26 0x000000000000001a
    X27 0x000000000000001b     X28 0x000000000000001c     X29 0x000000000000001d
    X30 0x000000000000001e  SP_EL0 0x0000000000001234  SP_EL1 0x0000000000110000
     PC 0x000000000000f200`,
  );
});

Deno.test("describeCrash says where FAR_EL1 says nothing", () => {
  assertEquals(line(plain, "FAR_EL1"), "  FAR_EL1  0x0000800000000001  (says nothing here)");
});

Deno.test("describeCrash leaves out an instruction that is not known", () => {
  assertEquals(
    line({ ...crash, instruction: undefined }, "ELR_EL1"),
    "  ELR_EL1  0x0000000000010008",
  );
});

Deno.test("describeCrash pads an instruction to eight digits", () => {
  assertEquals(
    line({ ...crash, instruction: 0x123 }, "ELR_EL1"),
    "  ELR_EL1  0x0000000000010008  instruction 0x00000123",
  );
});

Deno.test("describeCrash adds a hint", () => {
  assertStringIncludes(
    describeCrash({ ...crash, hint: "use a plain ldr" }),
    "hint: use a plain ldr",
  );
});

Deno.test("describeCrash leaves out the vector where none was taken", () => {
  assertEquals(describeCrash({ ...crash, vector: undefined }).includes("exception from"), false);
});

const states: [spsr: bigint, words: string][] = [
  [0x0000_0000n, "EL0, flags none, masked none"],
  [0x0000_0004n, "EL1t, flags none, masked none"],
  [0x8000_0005n, "EL1h, flags N, masked none"],
  [0xf000_03c5n, "EL1h, flags NZCV, masked DAIF"],
  [0x1000_0080n, "EL0, flags V, masked I"],
  [0x0000_0240n, "EL0, flags none, masked DF"],
  [0x0000_0010n, "AArch32, flags none, masked none"],
  [0x0000_0009n, "0x9, flags none, masked none"],
];

for (const [spsr, words] of states) {
  Deno.test(`describeCrash says "${words}" of SPSR_EL1 0x${spsr.toString(16)}`, () => {
    assertStringIncludes(line({ ...crash, spsr }, "SPSR_EL1") ?? "", `  ${words}`);
  });
}

Deno.test("summarizeCrash leaves out an address that says nothing", () => {
  assertEquals(summarizeCrash(plain), "Undefined instruction, at PC 0x10008");
});

Deno.test("summarizeCrash takes the summary where there is one", () => {
  assertEquals(summarizeCrash({ ...crash, summary: "It gave up" }), "It gave up");
});

for (const [vector, kind] of [[5, "IRQ"], [6, "FIQ"]] as const) {
  Deno.test(`summarizeCrash does not read ESR_EL1 for an ${kind}`, () => {
    assertEquals(
      summarizeCrash({ ...crash, vector }),
      `${kind} from the current EL, at PC 0x10008`,
    );
  });
}

Deno.test("readCrash reads the exception registers and the general ones", () => {
  const vcpu = new ScriptedVcpu().set({
    esr_el1: 1n,
    elr_el1: 2n,
    far_el1: 3n,
    spsr_el1: 4n,
    pc: 5n,
    sp: 6n,
    sp_el1: 7n,
    x0: 8n,
    x30: 9n,
  });
  const { x, ...rest } = readCrash(vcpu, { vector: 4, hint: "a hint" });
  assertEquals(rest, {
    vector: 4,
    hint: "a hint",
    esr: 1n,
    elr: 2n,
    far: 3n,
    spsr: 4n,
    pc: 5n,
    spEl0: 6n,
    spEl1: 7n,
  });
  assertEquals([x.length, x[0], x[30]], [31, 8n, 9n]);
});

Deno.test("readCrash drops the upper half of ESR_EL1", () => {
  const vcpu = new ScriptedVcpu().set({ esr_el1: 0xffff_ffff_9600_0010n });
  assertEquals(readCrash(vcpu, {}).esr, 0x9600_0010n);
});
