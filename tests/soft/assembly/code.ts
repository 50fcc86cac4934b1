/**
 * A64 in the source of tests, as assembly language:
 *
 * ```ts
 * const double = code`
 *   add x0, x0, x0   // comments are allowed
 *   ret
 * `;
 * ```
 *
 * The words come from words.txt, so that no assembler is needed to run tests;
 * `deno run -A tests/soft/assembly/update.ts` writes it anew.
 *
 * @module
 */

/** Instructions, and where they come from. */
export interface Code {
  readonly words: readonly number[];
  /** Their assembly language, a line each. */
  readonly lines: readonly string[];
}

const words = new Map(readWords().map(([word, line]) => [line, word]));

/** The words of a piece of assembly language. There are no labels: `b.ne . - 8`. */
export function code(text: TemplateStringsArray): Code {
  const lines = linesOf(text.raw[0] ?? "");
  return { lines, words: lines.map(wordOf) };
}

/** Pieces of code one behind the other. */
export function join(...pieces: readonly Code[]): Code {
  return {
    words: pieces.flatMap(({ words }) => words),
    lines: pieces.flatMap(({ lines }) => lines),
  };
}

/** The instructions of a piece of assembly language, a line each, without comments. */
export function linesOf(text: string): string[] {
  return text.split("\n")
    .map((line) => line.replace(/\/\/.*/, "").trim().replace(/\s+/g, " "))
    .filter((line) => line !== "");
}

/** All that is in words.txt. */
export function readWords(): [word: number, line: string][] {
  const text = Deno.readTextFileSync(new URL("words.txt", import.meta.url));
  return text.trimEnd().split("\n").filter((line) => line !== "")
    .map((line) => [parseInt(line.slice(0, 8), 16), line.slice(9)]);
}

/** The words as they lie in memory. */
export function bytesOf(words: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(words).buffer);
}

function wordOf(line: string): number {
  const word = words.get(line);
  if (word === undefined) {
    throw new Error(`words.txt has no "${line}": deno run -A tests/soft/assembly/update.ts`);
  }
  return word;
}
