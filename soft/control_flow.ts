/**
 * How the blocks of a region can stand inside each other so that every jump is a
 * WebAssembly branch, out of a block or back to the start of a loop (N. Ramsey,
 * "Beyond Relooper", ICFP 2022).
 */

/**
 * What a jump becomes: the block that it leads to stands right there ("inline"),
 * or behind a WebAssembly block that is left ("forward"), or is a loop that is
 * begun again ("back"), or there is no way to it inside the region ("out").
 */
export type Edge = "inline" | "forward" | "back" | "out";

/** Where one block stands. */
export interface Place {
  /** Jumps lead back to it. */
  isLoop: boolean;
  /** The blocks that stand behind this one, each behind a WebAssembly block of its own, in their order. */
  readonly followers: number[];
}

/** The blocks of a region by their numbers, 0 being the entry; all can be reached from there. */
export class ControlFlow {
  readonly places: readonly Place[];
  readonly #successors: readonly (readonly number[])[];
  /** Each block's place in an order in which all jumps but those back go forward. */
  #order: number[] = [];
  #predecessors: number[][] = [];
  /** The block through which all ways to a block lead at last; of the entry itself. */
  #dominators: number[] = [];
  /** Jumps back into the middle of loops, by `from` and `to`. */
  readonly #strays: boolean[][];
  /** How many jumps lead forward to each block. */
  readonly #entries: number[];

  /** @param successors The blocks that each block may jump to. */
  constructor(successors: readonly (readonly number[])[]) {
    this.#successors = successors;
    this.#strays = successors.map(() => []);
    const inOrder = this.#arrange();
    this.#entries = successors.map(() => 0);
    this.places = successors.map(() => ({ isLoop: false, followers: [] }));
    for (const [from, to] of this.#edges()) {
      if (this.#isBack(from, to)) this.places[to]!.isLoop = true;
      else this.#entries[to]!++;
    }
    for (const block of inOrder) {
      if (this.#entries[block]! > 1) this.places[this.#dominators[block]!]!.followers.push(block);
    }
  }

  /** What a jump between two blocks becomes. */
  edge(from: number, to: number): Edge {
    if (this.#strays[from]![to]) return "out";
    if (this.#isBack(from, to)) return "back";
    return this.#entries[to]! > 1 ? "forward" : "inline";
  }

  /** The blocks of the loop that begins with a block. */
  loop(first: number): number[] {
    const body = new Set([first]);
    const work = [...this.#edges()].filter(([from, to]) => to === first && this.#isBack(from, to))
      .map(([from]) => from);
    for (let block = work.pop(); block !== undefined; block = work.pop()) {
      if (body.has(block)) continue;
      body.add(block);
      work.push(...this.#predecessors[block]!);
    }
    return [...body];
  }

  /** Finds order and dominators, and leaves out jumps until there are none into the middle of loops; the blocks in order. */
  #arrange(): number[] {
    for (;;) {
      const inOrder = this.#sort();
      this.#findDominators(inOrder);
      const strays = [...this.#edges()].filter(([from, to]) =>
        this.#isBack(from, to) && !this.#dominates(to, from)
      );
      if (strays.length === 0) return inOrder;
      for (const [from, to] of strays) this.#strays[from]![to] = true;
    }
  }

  *#edges(): Generator<[from: number, to: number]> {
    for (const [from, targets] of this.#successors.entries()) {
      for (const to of targets) if (!this.#strays[from]![to]) yield [from, to];
    }
  }

  /** Reverse postorder. */
  #sort(): number[] {
    const inOrder: number[] = [];
    const seen: boolean[] = [];
    const path: { block: number; next: number }[] = [{ block: 0, next: 0 }];
    seen[0] = true;
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const targets = this.#successors[top.block]!;
      const to = targets[top.next++];
      if (to === undefined) inOrder.push(path.pop()!.block);
      else if (!seen[to] && !this.#strays[top.block]![to]) {
        seen[to] = true;
        path.push({ block: to, next: 0 });
      }
    }
    inOrder.reverse();
    this.#order = [];
    inOrder.forEach((block, i) => this.#order[block] = i);
    return inOrder;
  }

  /** K. Cooper, T. Harvey, K. Kennedy, "A Simple, Fast Dominance Algorithm". */
  #findDominators(inOrder: readonly number[]): void {
    const predecessors: number[][] = this.#successors.map(() => []);
    for (const [from, to] of this.#edges()) predecessors[to]!.push(from);
    this.#predecessors = predecessors;
    const dominators: number[] = [];
    dominators[0] = 0;
    this.#dominators = dominators;
    for (let changed = true; changed;) {
      changed = false;
      for (const block of inOrder) {
        if (block === 0) continue;
        const known = predecessors[block]!.filter((from) => dominators[from] !== undefined);
        const common = known.reduce((a, b) => this.#commonDominator(a, b));
        if (dominators[block] !== common) changed = true;
        dominators[block] = common;
      }
    }
  }

  #commonDominator(a: number, b: number): number {
    while (a !== b) {
      if (this.#order[a]! > this.#order[b]!) a = this.#dominators[a]!;
      else b = this.#dominators[b]!;
    }
    return a;
  }

  #dominates(block: number, other: number): boolean {
    return this.#commonDominator(block, other) === block;
  }

  #isBack(from: number, to: number): boolean {
    return this.#order[to]! <= this.#order[from]!;
  }
}
