/** Which names the nodes and properties of a device tree can have (Devicetree Specification v0.4, 2.2.1.1 and 2.2.4.1). */

import type { DeviceTreeNode } from "./device_tree.ts";

/** The longest name that is read: far longer than the specification's 31 characters, but no burden. */
export const LONGEST_NAME = 255;

/** What the specification allows, and how a message says so. The `\w` are digits, letters and underscores. */
const lawful = {
  node: /^[A-Za-z][\w,.+-]{0,30}(@[\w,.+-]+)?$/,
  nodeRule: "a letter and up to 30 of 0-9 a-z A-Z , . _ + - and perhaps an @ and a unit address",
  property: /^[\w,.+?#-]{1,31}$/,
  propertyRule: "1 to 31 of 0-9 a-z A-Z , . _ + ? # -",
} as const;

/** What a reader still finds: printable characters, and in nodes' names no slash, which parts a path. */
const legible = {
  node: /^[!-.0-~]+$/,
  nodeRule: `1 to ${LONGEST_NAME} printable characters, no slash among them`,
  property: /^[!-~]+$/,
  propertyRule: `1 to ${LONGEST_NAME} printable characters`,
} as const;

/**
 * What is wrong with the names of a node's properties and children, in words
 * for a message; undefined if nothing is.
 *
 * @param anyNames Whether names will do that the specification does not allow.
 */
export function nameTrouble(
  { name, properties, children }: DeviceTreeNode,
  anyNames: boolean,
): string | undefined {
  const rules = anyNames ? legible : lawful;
  const parent = () => name === "" ? "the root" : `the node ${shown(name)}`;
  const propertyNames = properties.map(([own]) => own);
  const childNames = children.map((child) => child.name);
  return wrong(
    () => `a property of ${parent()}`,
    propertyNames,
    rules.property,
    rules.propertyRule,
  ) ??
    wrong(() => `a child of ${parent()}`, childNames, rules.node, rules.nodeRule) ??
    twice(propertyNames, () => `${parent()} has two properties named`) ??
    twice(childNames, () => `${parent()} has two children named`) ??
    (anyNames
      ? undefined
      : twice([...propertyNames, ...childNames], () =>
        `${parent()} has a property and a child named`));
}

function wrong(
  what: () => string,
  names: readonly string[],
  allowed: RegExp,
  rule: string,
): string | undefined {
  const name = names.find((name) => name.length > LONGEST_NAME || !allowed.test(name));
  return name === undefined
    ? undefined
    : `${what()} is named "${shown(name)}", and a name is ${rule}`;
}

/** A name that a terminal cannot take for anything else. */
function shown(name: string): string {
  return name.replace(
    /[^ -~]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

function twice(names: readonly string[], what: () => string): string | undefined {
  const seen = new Set<string>();
  // Set.add returns the set: a name that was there leaves its size as it is.
  const name = names.find((name, i) => seen.add(name).size === i);
  return name === undefined ? undefined : `${what()} ${name}`;
}
