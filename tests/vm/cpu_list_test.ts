/** Tests lists of CPUs as people write them. */

import { assertEquals, assertThrows } from "@std/assert";
import { CpuListError, formatCpuList, parseCpuList } from "../../vm/cpu_list.ts";

const lists: [text: string, cpus: number[]][] = [
  ["0", [0]],
  ["4-7", [4, 5, 6, 7]],
  ["4-7,1", [4, 5, 6, 7, 1]],
  ["7,6,5", [7, 6, 5]],
  ["0-1,4,6-7", [0, 1, 4, 6, 7]],
  ["3-3", [3]],
  ["8191", [8191]],
  ["007", [7]],
];

for (const [text, cpus] of lists) {
  Deno.test(`parseCpuList takes ${text}`, () => assertEquals(parseCpuList(text), cpus));
}

const noLists = ["", ",", "1,", ",1", "1,,2", "-1", "1-", "1-2-3", "a", "0x4", "1.5", " 1", "1 "];
for (const text of [...noLists, "1;2", "4-a", "all", "1\n", "-"]) {
  Deno.test(`parseCpuList refuses ${JSON.stringify(text)}`, () => {
    const { message } = assertThrows(() => parseCpuList(text), CpuListError);
    assertEquals(message, "is no list of CPUs; lists are like 4-7 or 0,2,4-7");
  });
}

const refused: [text: string, message: string][] = [
  ["7-4", "has a range that runs backwards: write 4-7"],
  ["4,4", "names CPU 4 twice"],
  ["0-3,2", "names CPU 2 twice"],
  ["8192", "names a CPU beyond 8191, more than any host has"],
  ["0-8192", "names a CPU beyond 8191, more than any host has"],
  ["0-99999999999999999999", "names a CPU beyond 8191, more than any host has"],
];

for (const [text, message] of refused) {
  Deno.test(`parseCpuList refuses ${text}`, () => {
    assertEquals(assertThrows(() => parseCpuList(text), CpuListError).message, message);
  });
}

const formatted: [cpus: number[], text: string][] = [
  [[], ""],
  [[3], "3"],
  [[4, 5, 6, 7], "4-7"],
  [[7, 1, 6], "1,6-7"],
  [[0, 2, 4], "0,2,4"],
];

for (const [cpus, text] of formatted) {
  Deno.test(`formatCpuList writes ${JSON.stringify(cpus)} as "${text}"`, () => {
    assertEquals(formatCpuList(cpus), text);
  });
}
