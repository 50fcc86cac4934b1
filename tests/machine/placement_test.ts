/** Tests where a program may go in a tiny machine's memory, and what is said of the rest. */

import { assertEquals, assertThrows } from "@std/assert";
import { MAX_RAM_SIZE } from "../../machine/layout.ts";
import { placeProgram, TinyMachineError } from "../../machine/placement.ts";

type Wish = Parameters<typeof placeProgram>[0];

/** Twelve instructions. */
const program = new Uint8Array(48);

/** Sizes and addresses for `program`. */
const place = (wish: Omit<Wish, "program">) => placeProgram({ program, ...wish });

Deno.test("placeProgram loads and enters at the start of 1 MiB of RAM unless told otherwise", () => {
  assertEquals(place({}), { memory: 0x10_0000, loadAddress: 0x1_0000, entry: 0x1_0000 });
});

Deno.test("placeProgram enters at the load address unless told otherwise", () => {
  assertEquals(place({ loadAddress: 0x2_0000 }).entry, 0x2_0000);
});

Deno.test("placeProgram takes an entry apart from the load address", () => {
  const wish = { memory: 0x2_0000, loadAddress: 0x1_1000, entry: 0x1_1004 };
  assertEquals(place(wish), wish);
});

Deno.test("placeProgram takes a program that fills RAM", () => {
  assertEquals(placeProgram({ program: new Uint8Array(0x1000), memory: 0x1000 }).memory, 0x1000);
});

Deno.test("placeProgram takes a program that ends where RAM does", () => {
  const loadAddress = 0x1_1000 - program.length;
  assertEquals(place({ memory: 0x1000, loadAddress }).loadAddress, loadAddress);
});

Deno.test("placeProgram takes the last word of RAM as entry", () => {
  assertEquals(place({ memory: 0x1000, entry: 0x1_0ffc }).entry, 0x1_0ffc);
});

Deno.test("placeProgram takes as much memory as there can be", () => {
  assertEquals(place({ memory: MAX_RAM_SIZE }).memory, MAX_RAM_SIZE);
});

const refused: [what: string, wish: Partial<Wish>, message: string][] = [
  ["no memory", { memory: 0 }, "a memory of 0 bytes is no multiple of 4096"],
  ["negative memory", { memory: -4096 }, "a memory of -4096 bytes is no multiple of 4096"],
  ["half a page", { memory: 2048 }, "a memory of 2048 bytes is no multiple of 4096"],
  ["a page and a byte", { memory: 4097 }, "a memory of 4097 bytes is no multiple of 4096"],
  ["no number of bytes", { memory: NaN }, "a memory of NaN bytes is no multiple of 4096"],
  [
    "more memory than there can be",
    { memory: MAX_RAM_SIZE + 4096 },
    `a memory of ${MAX_RAM_SIZE + 4096} bytes is more than ${MAX_RAM_SIZE}`,
  ],
  ["an empty program", { program: new Uint8Array() }, "the program is empty"],
  [
    "a program larger than RAM",
    { program: new Uint8Array(0x1001), memory: 0x1000 },
    "the program has 4097 bytes, and there is room for 4096; RAM is from 0x10000 to 0x10fff",
  ],
  [
    "a program that sticks out of RAM",
    { loadAddress: 0x10_fff0 },
    "the program has 48 bytes, and there is room for 16",
  ],
  [
    "a load address in the device page",
    { loadAddress: 0x996 },
    "the load address 0x996 is in the device page; RAM is from 0x10000 to 0x10ffff",
  ],
  ["a load address of 0", { loadAddress: 0 }, "the load address 0x0 is in the device page"],
  [
    "a load address in the vector page",
    { loadAddress: 0xf000 },
    "the load address 0xf000 is in the vector page",
  ],
  [
    "the end of the vector page",
    { loadAddress: 0xfffc },
    "the load address 0xfffc is in the vector page",
  ],
  ["a load address below RAM", { loadAddress: 0x1000 }, "the load address 0x1000 is outside RAM"],
  ["the end of RAM", { loadAddress: 0x11_0000 }, "the load address 0x110000 is outside RAM"],
  ["a load address far away", { loadAddress: 2 ** 40 }, "0x10000000000 is outside RAM"],
  ["an odd load address", { loadAddress: 0x1_0002 }, "0x10002 is no multiple of 4"],
  ["an entry in the device page", { entry: 0x996 }, "the entry 0x996 is in the device page"],
  ["an entry in the vector page", { entry: 0xf200 }, "the entry 0xf200 is in the vector page"],
  ["an entry outside RAM", { entry: 0x11_0000 }, "the entry 0x110000 is outside RAM"],
  ["an odd entry", { entry: 0x1_0001 }, "the entry 0x10001 is no multiple of 4"],
  ["a negative load address", { loadAddress: -4 }, "is outside RAM"],
  ["no number as load address", { loadAddress: NaN }, "the load address"],
  ["no number as entry", { entry: NaN }, "the entry"],
];

for (const [what, wish, message] of refused) {
  Deno.test(`placeProgram refuses ${what}`, () => {
    assertThrows(() => placeProgram({ program, ...wish }), TinyMachineError, message);
  });
}
