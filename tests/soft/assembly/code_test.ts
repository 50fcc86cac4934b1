/** Tests the assembly language in tests, and that what is committed of it is what the assembler makes. */

import { assertEquals, assertThrows } from "@std/assert";
import { assemble, assemblerTest } from "../../toolchain.ts";
import { bytesOf, code, join, readWords } from "./code.ts";
import { instructionsInTests } from "./update.ts";

const piece = code`
  nop               // comments are left out

  mov   x1, #1
`;

Deno.test("code has the words of its lines", () => {
  assertEquals(piece, { lines: ["nop", "mov x1, #1"], words: [0xd503_201f, 0xd280_0021] });
});

Deno.test("code refuses an instruction that words.txt has not", () => {
  const text = Object.assign(["hlt #1"], { raw: ["hlt #1"] });
  assertThrows(() => code(text), Error, 'words.txt has no "hlt #1"');
});

Deno.test("join puts pieces one behind the other", () => {
  assertEquals(join(piece, code`ret`).lines, ["nop", "mov x1, #1", "ret"]);
});

Deno.test("bytesOf puts words in memory as the CPU reads them", () => {
  assertEquals(bytesOf([0xd503_201f]), new Uint8Array([0x1f, 0x20, 0x03, 0xd5]));
});

Deno.test("words.txt has the instructions of the tests, and no others", () => {
  assertEquals(readWords().map(([, line]) => line), instructionsInTests());
});

assemblerTest("words.txt is what the assembler makes of its lines", () => {
  const words = readWords();
  assertEquals(words.map(([word]) => word), assemble(words.map(([, line]) => line)));
});
