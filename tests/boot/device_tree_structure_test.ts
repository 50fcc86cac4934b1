/** Tests that a file is refused whose structure block is no tree. */

import { assertEquals, assertThrows } from "@std/assert";
import { DeviceTreeError } from "../../boot/device_tree.ts";
import { decodeDeviceTree } from "../../boot/device_tree_reader.ts";
import { changed, withStructure } from "./device_tree_files.ts";
import { STRINGS_AT } from "./device_tree_golden.ts";

/** The start of a node, a. */
const LEVEL = [1, 0x6100_0000];
const noEnd = "its structure block has no end";
const longName = "it has a name that is too long or has no end";
const NAME_RULE = "and a name is 1 to 255 printable characters";

const refused: readonly (readonly [what: string, file: Uint8Array, says: string])[] = [
  ["without a root", withStructure(9), "it has no root"],
  ["without anything", withStructure(), noEnd],
  ["without an end", withStructure(1, 0, 2), noEnd],
  ["that ends in a node's name", withStructure(1, 0x6162_6364), longName],
  ["that ends inside a node", withStructure(1, 0, ...LEVEL, 2, 9), "it ends inside a node"],
  [
    "that ends a node too many",
    withStructure(1, 0, 2, 2, 9),
    "it has the end of a node where there is none",
  ],
  ["that ends a node first", withStructure(2, 9), "it has the end of a node where there is none"],
  ["with two roots", withStructure(1, 0, 2, 1, 0, 2, 9), "it has more than one root"],
  ["whose root has a name", withStructure(...LEVEL, 2, 9), "its root has a name"],
  [
    "with a property before its root",
    withStructure(3, 0, 0, 1, 0, 2, 9),
    "it has a property outside of its root",
  ],
  [
    "with a property behind its root",
    withStructure(1, 0, 2, 3, 0, 0, 9),
    "it has a property outside of its root",
  ],
  [
    "with a property behind a child",
    withStructure(1, 0, ...LEVEL, 2, 3, 0, 0, 2, 9),
    "it has a property behind a child node",
  ],
  ["with a token of no meaning", withStructure(1, 0, 5, 2, 9), "its structure block has a token 5"],
  ["with a value that is too long", withStructure(1, 0, 3, 9, 0, 2, 9), noEnd],
  ["with a value of 4 GiB", withStructure(1, 0, 3, 0xffff_ffff, 0, 2, 9), noEnd],
  ["with a value cut off", withStructure(1, 0, 3), noEnd],
  ["with a property's name beyond its strings", withStructure(1, 0, 3, 0, 2, 2, 9), longName],
  ["with a property's name at 4 GiB", withStructure(1, 0, 3, 0, 0xffff_ffff, 2, 9), longName],
  [
    "with a property without a name",
    withStructure(1, 0, 3, 0, 1, 2, 9),
    `a property of the root is named "", ${NAME_RULE}`,
  ],
  ["with a property's name that has no end", changed({ [STRINGS_AT + 4]: 0x6c62_7878 }), longName],
  [
    "with a node's name of 256 characters",
    withStructure(1, 0, 1, ...new Array(64).fill(0x6161_6161), 0, 2, 2, 9),
    longName,
  ],
  [
    "with a node's name for a terminal",
    withStructure(1, 0, 1, 0x1b9b_4100, 2, 2, 9),
    `a child of the root is named "\\x1b\\x9bA", ${NAME_RULE}, no slash among them`,
  ],
  [
    "with another such name around two properties of one name",
    withStructure(1, 0, 1, 0x1b00_0000, 3, 0, 0, 3, 0, 0, 2, 2, 9),
    "the node \\x1b has two properties named x",
  ],
  [
    "with a slash in a node's name",
    withStructure(1, 0, 1, 0x612f_6200, 2, 2, 9),
    `a child of the root is named "a/b", ${NAME_RULE}, no slash among them`,
  ],
  [
    "with a child without a name",
    withStructure(1, 0, 1, 0, 2, 2, 9),
    `a child of the root is named "", ${NAME_RULE}, no slash among them`,
  ],
  [
    "with two properties of one name",
    withStructure(1, 0, 3, 0, 0, 3, 0, 0, 2, 9),
    "the root has two properties named x",
  ],
  [
    "with two children of one name",
    withStructure(1, 0, ...LEVEL, ...LEVEL, 2, ...LEVEL, 2, 2, 2, 9),
    "the node a has two children named a",
  ],
  [
    "of more levels than there may be",
    withStructure(1, 0, ...new Array(64).fill(LEVEL).flat(), ...new Array(65).fill(2), 9),
    "it has more than 64 levels",
  ],
  [
    "of ten thousand levels",
    withStructure(1, 0, ...new Array(10_000).fill(LEVEL).flat()),
    "it has more than 64 levels",
  ],
];

for (const [what, file, says] of refused) {
  Deno.test(`decodeDeviceTree refuses a file ${what}`, () => {
    const { message } = assertThrows(() => decodeDeviceTree(file, "board.dtb"), DeviceTreeError);
    assertEquals(message, `board.dtb is no device tree: ${says}`);
  });
}

Deno.test("decodeDeviceTree reads as many levels as there may be", () => {
  const starts = new Array(63).fill(LEVEL).flat(), ends = new Array(64).fill(2);
  const file = withStructure(1, 0, ...starts, ...ends, 9);
  assertEquals(decodeDeviceTree(file).children.length, 1);
});
