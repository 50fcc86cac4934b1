/** Tests how blocks are put inside each other so that jumps are branches of WebAssembly. */

import { assert, assertEquals } from "@std/assert";
import { ControlFlow, type Edge } from "../../soft/control_flow.ts";
import { Random } from "./fuzz/random.ts";

type Graph = readonly (readonly number[])[];

/** Places the blocks as the translator does; fails if a jump would not find its way. Gives them in their order. */
function place(graph: Graph): number[] {
  const flow = new ControlFlow(graph);
  /** What encloses the code: loops that begin with a block, and what ends where a block stands. */
  const open: string[] = [];
  const placed: number[] = [];
  const placeBlock = (block: number) => {
    placed.push(block);
    const { isLoop, followers } = flow.places[block]!;
    if (isLoop) open.push(`loop ${block}`);
    for (const follower of followers.toReversed()) open.push(`before ${follower}`);
    for (const to of graph[block]!) {
      const edge = flow.edge(block, to);
      if (edge === "inline") placeBlock(to);
      if (edge === "forward") assert(open.includes(`before ${to}`), `${block} to ${to}: ${open}`);
      if (edge === "back") assert(open.includes(`loop ${to}`), `${block} to ${to}: ${open}`);
    }
    for (const follower of followers) {
      assertEquals(open.pop(), `before ${follower}`);
      placeBlock(follower);
    }
    if (isLoop) open.pop();
  };
  placeBlock(0);
  assertEquals(open, []);
  return placed;
}

/** What the jumps of a graph become, by `from` and `to`. */
function edgesOf(graph: Graph): Record<string, Edge> {
  const flow = new ControlFlow(graph);
  return Object.fromEntries(
    graph.flatMap((targets, from) => targets.map((to) => [`${from}-${to}`, flow.edge(from, to)])),
  );
}

const graphs: readonly (readonly [what: string, graph: Graph, edges: Record<string, Edge>])[] = [
  ["straight code", [[1], [2], []], { "0-1": "inline", "1-2": "inline" }],
  ["a jump over code", [[1, 2], [2], []], { "0-1": "inline", "0-2": "forward", "1-2": "forward" }],
  ["a branch to itself", [[0]], { "0-0": "back" }],
  [
    "a loop with a way out in its middle",
    [[1], [2, 3], [1], []],
    { "0-1": "inline", "1-2": "inline", "1-3": "inline", "2-1": "back" },
  ],
  [
    "a loop in a loop",
    [[1], [2], [2, 3], [1, 4], []],
    {
      "0-1": "inline",
      "1-2": "inline",
      "2-2": "back",
      "2-3": "inline",
      "3-1": "back",
      "3-4": "inline",
    },
  ],
];

for (const [what, graph, edges] of graphs) {
  Deno.test(`ControlFlow knows ${what}`, () => {
    assertEquals(edgesOf(graph), edges);
    assertEquals(place(graph).sort(), graph.map((_, block) => block));
  });
}

Deno.test("ControlFlow takes a jump into the middle of a loop out of the region", () => {
  const graph = [[1, 2], [2], [1, 3], []];
  assertEquals(Object.values(edgesOf(graph)).filter((edge) => edge === "out").length, 1);
  assertEquals(place(graph).sort(), [0, 1, 2, 3]);
});

Deno.test("ControlFlow lets every jump of random code find its way", () => {
  for (let seed = 0; seed < 2000; seed++) {
    const random = new Random(seed);
    const count = 1 + random.below(24);
    const targets = () => Array.from({ length: random.below(3) }, () => random.below(count));
    const all = Array.from(
      { length: count },
      (_, n) => [...targets(), ...(n + 1 < count ? [n + 1] : [])],
    );
    const placed = place(all);
    assertEquals(new Set(placed).size, placed.length, `a block of graph ${seed} stands twice`);
  }
});
