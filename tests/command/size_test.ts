/** Tests the values of options as people write them. */

import { assertEquals, assertThrows } from "@std/assert";
import {
  oneOf,
  parseAddress,
  parseCount,
  parseCpus,
  parseFileName,
  parseSeconds,
  parseSize,
} from "../../command/size.ts";
import { UsageError } from "../../command/usage.ts";

const sizes: [text: string, bytes: number][] = [
  ["4096", 4096],
  ["0x1000", 4096],
  ["0X1000", 4096],
  ["64K", 65536],
  ["64k", 65536],
  ["512M", 2 ** 29],
  ["2G", 2 ** 31],
  ["0x10M", 2 ** 24],
  ["0010K", 10240],
  ["8388607G", 8388607 * 2 ** 30],
];

for (const [text, bytes] of sizes) {
  Deno.test(`parseSize takes ${text}`, () => {
    assertEquals(parseSize("--memory", text), bytes);
  });
}

const noSizes = ["", " ", "0", "0K", "0x0", "12Q", "-1", "-0x10", "+5", "1.5G", "1e3", "12KB", "K"];
for (const text of [...noSizes, "0x", "0xg", " 64K", "64K ", "64 K", "1_000", "NaN", "Infinity"]) {
  Deno.test(`parseSize refuses "${text}"`, () => {
    const error = assertThrows(() => parseSize("--memory", text), UsageError);
    assertEquals(
      error.message,
      `--memory ${text || "''"} is no size; sizes are like 4096, 0x1000, 64K, 512M, 2G`,
    );
  });
}

for (const text of ["99999999999G", "8388608G", "9007199254740992", "0xffffffffffffffffffff"]) {
  Deno.test(`parseSize refuses ${text}, which no number holds exactly`, () => {
    const error = assertThrows(() => parseSize("--memory", text), UsageError);
    assertEquals(error.message, `--memory ${text} is more than any machine can have`);
  });
}

for (
  const [text, address] of [["0x10000", 65536], ["65536", 65536], ["0", 0], [
    "0xF000",
    61440,
  ]] as const
) {
  Deno.test(`parseAddress takes ${text}`, () => {
    assertEquals(parseAddress("--entry", text), address);
  });
}

for (const text of ["", "-1", "64K", "0x", "1.5", "main", " 0", "0x100000000000000000", "1e5"]) {
  Deno.test(`parseAddress refuses "${text}"`, () => {
    const error = assertThrows(() => parseAddress("--entry", text), UsageError);
    assertEquals(
      error.message,
      `--entry ${text || "''"} is no address; addresses are like 0x10000`,
    );
  });
}

const times: [text: string, milliseconds: number][] = [
  ["5", 5000],
  ["0.5", 500],
  [".25", 250],
  ["5.", 5000],
  ["0.0001", 1],
  ["2147483", 2_147_483_000],
];

for (const [text, milliseconds] of times) {
  Deno.test(`parseSeconds takes ${text}`, () => {
    assertEquals(parseSeconds("--timeout", text), milliseconds);
  });
}

for (const text of ["", "0", "0.0", "-1", "5s", "1e3", ".", "2147484", "NaN", "Infinity", "0x5"]) {
  Deno.test(`parseSeconds refuses "${text}"`, () => {
    const error = assertThrows(() => parseSeconds("--timeout", text), UsageError);
    assertEquals(
      error.message,
      `--timeout ${text || "''"} is no time; give seconds above 0, like 5 or 0.5, up to 2147483`,
    );
  });
}

Deno.test("parseSeconds gives no more than a timer takes", () => {
  assertEquals(parseSeconds("--timeout", "2147483") < 2 ** 31, true);
});

Deno.test("parseCount takes whole numbers from 1 to the most", () => {
  assertEquals(["1", "007", "8"].map((text) => parseCount("--smp", text, 8)), [1, 7, 8]);
});

for (const text of ["", "0", "9", "-1", "+1", "1.0", "1e0", "0x1", "two", " 1", "1".repeat(400)]) {
  Deno.test(`parseCount refuses "${text.slice(0, 30)}"`, () => {
    const error = assertThrows(() => parseCount("--smp", text, 8), UsageError);
    assertEquals(error.message, `--smp ${text || "''"} is no whole number from 1 to 8`);
  });
}

Deno.test("parseCpus takes a list of CPUs", () => {
  assertEquals(parseCpus("--cpus", "4-6,1"), [4, 5, 6, 1]);
});

Deno.test("parseCpus says what is wrong with a list of CPUs", () => {
  const error = assertThrows(() => parseCpus("--cpus", "7-4"), UsageError);
  assertEquals(error.message, "--cpus 7-4 has a range that runs backwards: write 4-7");
});

Deno.test("oneOf takes words that it knows", () => {
  assertEquals(oneOf(["kvm", "soft"])("--accel", "soft"), "soft");
  const error = assertThrows(() => oneOf(["kvm", "soft"])("--accel", "Soft"), UsageError);
  assertEquals(error.message, "--accel Soft is unknown; there is: kvm, soft");
});

Deno.test("parseFileName takes all but no name", () => {
  assertEquals(parseFileName("--dtb", " -"), " -");
  const error = assertThrows(() => parseFileName("--dtb", ""), UsageError);
  assertEquals(error.message, "--dtb '' names no file");
});
