/** A device tree as data: nodes that have properties and children (Devicetree Specification v0.4, chapter 2). */

import { OrchidError } from "../vm/error.ts";

/** A device tree that cannot be, cannot be written, or cannot be read. */
export class DeviceTreeError extends OrchidError {}

/** A property: its name, and its value as bytes. */
export type DeviceTreeProperty = readonly [name: string, value: Uint8Array];

/** A node; its properties and children are in the order in which they are written. */
export interface DeviceTreeNode {
  /** As in `name@unit-address`; empty for the root. */
  readonly name: string;
  readonly properties: readonly DeviceTreeProperty[];
  readonly children: readonly DeviceTreeNode[];
}

/** As many levels of nodes as a tree may have, the root's included; real ones have ten at most. */
export const MOST_LEVELS = 64;

/** A node of these properties and children. */
export function node(
  name: string,
  properties: readonly DeviceTreeProperty[] = [],
  children: readonly DeviceTreeNode[] = [],
): DeviceTreeNode {
  return { name, properties, children };
}

/** A property's value; undefined if the node has no such property. */
export function property(of: DeviceTreeNode, name: string): Uint8Array | undefined {
  return of.properties.find(([own]) => own === name)?.[1];
}

/**
 * The node at a path of full names, such as `/cpus/cpu@0`; `/` is the root.
 *
 * @returns Undefined if there is none.
 */
export function nodeAt(root: DeviceTreeNode, path: string): DeviceTreeNode | undefined {
  const names = path.split("/").filter((name) => name !== "");
  return names.reduce<DeviceTreeNode | undefined>(
    (parent, name) => parent?.children.find((child) => child.name === name),
    root,
  );
}

/** A node with that property: in the place of the one that had its name, else behind the others. */
export function withProperty(
  of: DeviceTreeNode,
  name: string,
  value: Uint8Array,
): DeviceTreeNode {
  return { ...of, properties: replaced(of.properties, [name, value], ([own]) => own === name) };
}

/** A node without the properties that have these names. */
export function withoutProperties(of: DeviceTreeNode, ...names: readonly string[]): DeviceTreeNode {
  return { ...of, properties: of.properties.filter(([name]) => !names.includes(name)) };
}

/**
 * A node with that child: in the place of the first of the children that it
 * takes the place of, else behind the others.
 *
 * @param instead Whether it takes this child's place.
 */
export function withChild(
  of: DeviceTreeNode,
  child: DeviceTreeNode,
  instead: (child: DeviceTreeNode) => boolean,
): DeviceTreeNode {
  return { ...of, children: replaced(of.children, child, instead) };
}

function replaced<T>(all: readonly T[], one: T, instead: (each: T) => boolean): T[] {
  const first = all.findIndex(instead);
  if (first < 0) return [...all, one];
  return [...all.slice(0, first), one, ...all.slice(first).filter((each) => !instead(each))];
}
