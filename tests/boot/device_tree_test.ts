/** Tests that nodes and properties of a device tree are found and replaced. */

import { assertEquals } from "@std/assert";
import {
  node,
  nodeAt,
  property,
  withChild,
  withoutProperties,
  withProperty,
} from "../../boot/device_tree.ts";
import { bytes } from "../../boot/device_tree_values.ts";

const cpu = node("cpu@0", [["reg", bytes(1)], ["status", bytes(2)], ["phandle", bytes(3)]]);
const cpus = node("cpus", [], [cpu, node("cpu@1")]);
const root = node("", [], [node("chosen"), cpus]);

Deno.test("property gives a property's value", () => {
  assertEquals(property(cpu, "status"), bytes(2));
  assertEquals(property(cpu, "model"), undefined);
});

Deno.test("nodeAt finds a node by its path", () => {
  assertEquals(nodeAt(root, "/"), root);
  assertEquals(nodeAt(root, "/cpus"), cpus);
  assertEquals(nodeAt(root, "/cpus/cpu@0"), cpu);
});

Deno.test("nodeAt finds nothing where there is no node", () => {
  assertEquals(nodeAt(root, "/cpu@0"), undefined);
  assertEquals(nodeAt(root, "/cpus/cpu@2"), undefined);
  assertEquals(nodeAt(root, "/none/cpu@0"), undefined);
});

Deno.test("withProperty replaces a property where it is", () => {
  assertEquals(withProperty(cpu, "status", bytes(9)).properties, [
    ["reg", bytes(1)],
    ["status", bytes(9)],
    ["phandle", bytes(3)],
  ]);
});

Deno.test("withProperty adds a property behind the others", () => {
  assertEquals(withProperty(cpu, "model", bytes(9)).properties, [
    ...cpu.properties,
    ["model", bytes(9)],
  ]);
});

Deno.test("withoutProperties leaves out what is named, if it is there", () => {
  assertEquals(withoutProperties(cpu, "reg", "phandle", "model"), {
    ...cpu,
    properties: [["status", bytes(2)]],
  });
});

Deno.test("withChild puts a child in the place of the first that it replaces", () => {
  const four = node("", [], ["a", "b1", "c", "b2"].map((name) => node(name)));
  const changed = withChild(four, node("new"), ({ name }) => name.startsWith("b"));
  assertEquals(changed.children.map(({ name }) => name), ["a", "new", "c"]);
});

Deno.test("withChild puts a child behind the others if it replaces none", () => {
  const changed = withChild(root, node("new"), () => false);
  assertEquals(changed.children.map(({ name }) => name), ["chosen", "cpus", "new"]);
});
