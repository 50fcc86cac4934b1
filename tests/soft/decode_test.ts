/** Tests how instruction words find their rows, and that they are the instructions binutils knows. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Row, row } from "../../soft/a64/row.ts";
import { a64 } from "../../soft/a64/table.ts";
import { decode, Decoder, OverlapError } from "../../soft/decode.ts";
import { disassemble, objdumpTest } from "./objdump.ts";
import { randomWords } from "./random.ts";

const nothing = () => {};

Deno.test("decode gives the fields of an instruction and its word", () => {
  const add = decode(0x9100_43ff); // add sp, sp, #16
  assertEquals(add?.row.name, "add (immediate)");
  assertEquals(add?.fields, { word: 0x9100_43ff, sf: 1, sh: 0, imm12: 16, rn: 31, rd: 31 });
});

Deno.test("decode takes words as signed numbers too", () => {
  assertEquals(decode(0x9100_43ff | 0)?.fields, decode(0x9100_43ff)?.fields);
});

Deno.test("decode knows nothing of floating point, SIMD and SVE", () => {
  // fadd d0, d0, d0; ldr q0, [x0]; add v0.16b, v0.16b, v0.16b; ptrue p0.b
  for (const word of [0x1e60_2800, 0x3dc0_0000, 0x4e20_8400, 0x2518_e3e0]) {
    assertEquals(decode(word), undefined);
  }
});

Deno.test("Decoder prefers the special case, in whichever order the rows are", () => {
  const general = row("general", "0000 a:28", nothing);
  const special = row("special", "0000 0000000000000000000000000000", nothing);
  for (const rows of [[general, special], [special, general]]) {
    assertEquals(new Decoder(rows).find(0)?.name, "special");
    assertEquals(new Decoder(rows).find(1)?.name, "general");
  }
});

Deno.test("Decoder finds nothing where there is no row", () => {
  assertEquals(new Decoder([row("one", "0000 a:28", nothing)]).find(0x8000_0000), undefined);
});

Deno.test("Decoder refuses rows that overlap without one being inside the other", () => {
  const one = row("one", "0 a:31", nothing), other = row("other", "a:1 0 b:30", nothing);
  assertThrows(() => new Decoder([one, other]), OverlapError, `"other" and "one" overlap`);
});

Deno.test("Decoder refuses the same row twice", () => {
  assertThrows(() => new Decoder([...a64, a64[0]!]), OverlapError);
});

Deno.test("a64 has no two rows of one name", () => {
  assertEquals(new Set(a64.map(({ name }) => name)).size, a64.length);
});

/** Random words that fit a row's pattern. */
function wordsOf({ mask, value }: Row, count: number, random: () => number): number[] {
  return Array.from({ length: count }, () => ((random() & ~mask) | value) >>> 0);
}

Deno.test("decode finds every row of a64, with fields that are allocated and predictable", () => {
  const random = randomWords(1);
  for (const row of a64) {
    // All ones are what some fields should be, which chance would hardly find.
    const words = [(row.value | ~row.mask) >>> 0, ...wordsOf(row, 1000, random)];
    const found = words.map(decode).some((instruction) =>
      instruction?.row === row && row.unpredictable?.(instruction.fields) !== true
    );
    assert(found, row.name);
  }
});

/**
 * What objdump knows and this CPU does not have, by mnemonic:
 * pointer authentication, memory tagging, RCpc, hinted branches, CSSC's
 * immediates and counts, flag manipulation, memory copies, transactions,
 * 64-byte and 128-byte accesses, waiting with a timeout, guarded stacks, and
 * what came after binutils 2.40.
 */
const EXTENSIONS = new RegExp(
  "^(" + [
    "pac|aut|xpac|braa|brab|blraa|blrab|reta|ereta|ldraa|ldrab",
    "irg|gmi|subps?$|addg|subg|st2?z?g|stz2g|ldgm?|stgm|stzgm|stgp",
    "ldap|stlur|ldiapp|stilp",
    "bc\\.",
    "[su](max|min)$|abs$|cnt$|ctz$",
    "rmif|setf|cfinv|axflag|xaflag",
    "cpy|set[pmeg]",
    "tstart|ttest|tcommit|tcancel|sb$",
    "ld64b|st64b|ldclrp|ldsetp|swpp|rcw|sysp|msrr|mrrs",
    "wfet|wfit|gcs|chkfeat|ldt(add|clr|set)|swpt|cast|cb[bghl]|(add|sub|madd|msub)pt$|ldat?xr$|st[lt]*txr",
  ].join("|") + ")",
);

/** Whether a word is in the groups of Arm ARM C4.1 that are outside the table: SME, SVE, SIMD and floating point. */
function isVector(word: number): boolean {
  const group = (word >>> 25) & 0xf;
  const isLoadStore = (group & 0b0101) === 0b0100;
  return group === 0b0010 || (group & 0b0111) === 0b0111 ||
    (group === 0b0000 && word >>> 31 === 1) ||
    (isLoadStore && ((word >>> 26) & 1) === 1);
}

/** Whether objdump knows an instruction that should be in the table. */
function isInScope(word: number, text: string): boolean {
  if (/undefined|^\.inst/.test(text) || isVector(word)) return false;
  // System instructions with op0 0 that are neither hints, barriers nor PSTATE;
  // barriers of FEAT_XS.
  if (/^(msr|mrs).*\bs0_|^dsb.*nxs/i.test(text)) return false;
  return !EXTENSIONS.test(text.split(" ")[0]!);
}

/** What decode and objdump do not agree on. */
function disagreements(words: readonly number[]): string[] {
  const texts = disassemble(words);
  assertEquals(texts.length, words.length);
  return words.flatMap((word, i) => {
    const instruction = decode(word);
    // objdump does not know some of those that have bits which should be one.
    if (instruction?.row.unpredictable?.(instruction.fields)) return [];
    // The system side knows which fields of PSTATE there are.
    if (instruction?.row.name === "msr (immediate)") return [];
    const name = instruction?.row.name;
    return isInScope(word, texts[i]!) === (instruction !== undefined)
      ? []
      : [`0x${word.toString(16)}: ${texts[i]} / ${name}`];
  });
}

objdumpTest("decode knows the same of 200,000 random words as objdump", () => {
  const random = randomWords(2);
  assertEquals(disagreements(Array.from({ length: 200_000 }, random)), []);
});

objdumpTest("decode knows the same of random fields in every row as objdump", () => {
  const random = randomWords(3);
  assertEquals(disagreements(a64.flatMap((row) => wordsOf(row, 400, random))), []);
});

objdumpTest(
  "decode knows the same as objdump where one bit of a row's pattern is different",
  () => {
    const random = randomWords(4);
    const words = a64.flatMap((row) =>
      wordsOf(row, 400, random).map((word) => (word ^ (1 << (random() >>> 27))) >>> 0)
    );
    assertEquals(disagreements(words), []);
  },
);
