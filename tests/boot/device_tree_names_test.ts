/** Tests which trees and names can be written, and which are refused. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { DeviceTreeError, type DeviceTreeNode, MOST_LEVELS, node } from "../../boot/device_tree.ts";
import { decodeDeviceTree } from "../../boot/device_tree_reader.ts";
import { empty } from "../../boot/device_tree_values.ts";
import { encodeDeviceTree, type EncodeOptions } from "../../boot/device_tree_writer.ts";

/** A tree of that many levels. */
function deepTree(levels: number): DeviceTreeNode {
  let tree = node(levels === 1 ? "" : "n");
  for (let i = 1; i < levels; i++) tree = node(i === levels - 1 ? "" : "n", [], [tree]);
  return tree;
}

const NODE_RULE =
  "and a name is a letter and up to 30 of 0-9 a-z A-Z , . _ + - and perhaps an @ and a unit address";
const PROPERTY_RULE = "and a name is 1 to 31 of 0-9 a-z A-Z , . _ + ? # -";
const cannot = "the device tree cannot be written:";
const child = (name: string) => node("", [], [node(name)]);
const having = (name: string) => node("", [[name, empty]]);
const badChild = (name: string) => `${cannot} a child of the root is named "${name}", ${NODE_RULE}`;
const LONG = "x".repeat(31);

const allowed: readonly (readonly [what: string, tree: DeviceTreeNode])[] = [
  ["a node's name of 31 characters", child(LONG)],
  ["a node's name of 31 characters and a unit address", child(`${LONG}@80000000`)],
  ["all characters in a node's name", child("Az09,._+-@Az09,._+-")],
  ["a property's name of 31 characters", having(LONG)],
  ["all characters in a property's name", having("#Az09,._+?-")],
  ["a property's name that starts with a digit", having("8bits")],
  ["one name in different nodes", node("", [], [node("a", [], [node("a")]), node("b")])],
  ["a property and a child with an address of one name", node("", [["n", empty]], [node("n@0")])],
  [`${MOST_LEVELS} levels`, deepTree(MOST_LEVELS)],
];

for (const [what, tree] of allowed) {
  Deno.test(`encodeDeviceTree takes ${what}`, () => {
    assertEquals(decodeDeviceTree(encodeDeviceTree(tree)), tree);
  });
}

const cyclic = { name: "n", properties: [], children: [] as DeviceTreeNode[] };
cyclic.children.push(cyclic);

const refused: readonly (readonly [what: string, tree: DeviceTreeNode, says: string])[] = [
  ["a root with a name", node("root"), "the device tree's root has a name: root"],
  ["a node without a name", child(""), badChild("")],
  ["a node's name of 32 characters", child(`${LONG}x`), badChild(`${LONG}x`)],
  ["a space in a node's name", child("cpu 0"), badChild("cpu 0")],
  ["a slash in a node's name", child("a/b"), badChild("a/b")],
  ["a node's name that starts with a digit", child("8250@0"), badChild("8250@0")],
  ["a node's name that starts with an underscore", child("__symbols__"), badChild("__symbols__")],
  ["a unit address that is empty", child("cpu@"), badChild("cpu@")],
  ["two unit addresses", child("cpu@0@1"), badChild("cpu@0@1")],
  ["a zero in a node's name", child("cpu\0"), badChild("cpu\\x00")],
  ["a newline behind a node's name", child("cpu\n"), badChild("cpu\\x0a")],
  [
    "a property without a name",
    having(""),
    `${cannot} a property of the root is named "", ${PROPERTY_RULE}`,
  ],
  [
    "a property's name of 32 characters",
    having(`${LONG}x`),
    `${cannot} a property of the root is named "${LONG}x", ${PROPERTY_RULE}`,
  ],
  [
    "an @ in a property's name",
    node("", [], [node("cpu@0", [["reg@0", empty]])]),
    `${cannot} a property of the node cpu@0 is named "reg@0", ${PROPERTY_RULE}`,
  ],
  [
    "two properties of one name",
    node("", [["reg", empty], ["model", empty], ["reg", empty]]),
    `${cannot} the root has two properties named reg`,
  ],
  [
    "two children of one name",
    node("", [], [node("cpus", [], [node("cpu@0"), node("cpu@0")])]),
    `${cannot} the node cpus has two children named cpu@0`,
  ],
  [
    "a property and a child of one name",
    node("", [["cpus", empty]], [node("cpus")]),
    `${cannot} the root has a property and a child named cpus`,
  ],
  [
    `${MOST_LEVELS + 1} levels`,
    deepTree(MOST_LEVELS + 1),
    `the device tree has more than ${MOST_LEVELS} levels`,
  ],
  [
    "a tree that is its own branch",
    node("", [], [cyclic]),
    `the device tree has more than ${MOST_LEVELS} levels`,
  ],
];

function assertRefused(says: string, tree: DeviceTreeNode, options?: EncodeOptions): void {
  const { message } = assertThrows(() => encodeDeviceTree(tree, options), DeviceTreeError);
  assertEquals(message, says);
}

for (const [what, tree, says] of refused) {
  Deno.test(`encodeDeviceTree refuses ${what}`, () => assertRefused(says, tree));
}

Deno.test("encodeDeviceTree takes other trees' names if told to", () => {
  const tree = node("", [["a".repeat(255), empty], ["reg@0", empty], ["same", empty]], [
    node("__symbols__"),
    node("8250@0@1"),
    node("b".repeat(255)),
    node("same"),
  ]);
  assertEquals(decodeDeviceTree(encodeDeviceTree(tree, { anyNames: true })), tree);
});

for (const name of ["", "a/b", "a\0b", "a b", "é", "n".repeat(256)]) {
  Deno.test(`encodeDeviceTree never takes a node named ${JSON.stringify(name.slice(0, 9))}`, () => {
    const error = assertThrows(
      () => encodeDeviceTree(child(name), { anyNames: true }),
      DeviceTreeError,
    );
    assert(error.message.endsWith("1 to 255 printable characters, no slash among them"));
  });
}

Deno.test("encodeDeviceTree refuses two children of one name whatever it is told", () => {
  const says = `${cannot} the root has two children named __a`;
  assertRefused(says, node("", [], [node("__a"), node("__a")]), { anyNames: true });
});
