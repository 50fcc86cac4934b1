/** Writes words.txt anew: the words of all assembly language in the tests of soft/. */

import { fromFileUrl, join } from "@std/path";
import { ensureTool } from "../../../tools/toolchain.ts";
import { assemble } from "../../toolchain.ts";
import { linesOf } from "./code.ts";

const FOLDER = fromFileUrl(new URL("..", import.meta.url));
const CODE = /\bcode`([^`]+)`/g;
const IMPORT = /^import .*\bcode\b.* from ".*\/assembly\/code.ts";$/m;

/** Every different instruction in the sources of the tests of soft/, sorted. */
export function instructionsInTests(folder = FOLDER): string[] {
  const lines = new Set<string>();
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    const more = isDirectory ? instructionsInTests(path) : instructionsIn(path);
    more.forEach((line) => lines.add(line));
  }
  return [...lines].sort();
}

/** The instructions in a file that imports `code`. */
function instructionsIn(path: string): string[] {
  const source = Deno.readTextFileSync(path);
  if (!IMPORT.test(source)) return [];
  return [...source.matchAll(CODE)].flatMap(([, text]) => linesOf(text!));
}

if (import.meta.main) {
  await ensureTool("as");
  const lines = instructionsInTests();
  const hex = (word: number) => word.toString(16).padStart(8, "0");
  const text = assemble(lines).map((word, i) => `${hex(word)} ${lines[i]}\n`).join("");
  Deno.writeTextFileSync(new URL("words.txt", import.meta.url), text);
  console.log(`words.txt: ${lines.length} instructions`);
}
