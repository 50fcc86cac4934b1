/**
 * Turns guest code into WebAssembly, a region at a time.
 *
 * A region is what direct jumps reach from one address without leaving its page
 * (blocks.ts), and so mostly a part of one of the guest's functions. It becomes
 * one function, whose blocks stand inside each other (control_flow.ts). Jumps
 * out of the region are tail calls through the function table, so that code goes
 * from region to region without JavaScript. The guest's calls are calls, and its
 * returns return: that is how a CPU foresees them best. But nothing is relied on:
 * what has been called may come back anywhere, and says so in the PC.
 */

import { type Block, findBlocks, samePage } from "./blocks.ts";
import { type Code, DEPTH, FUEL, get } from "./code_writer.ts";
import { ControlFlow } from "./control_flow.ts";
import { Emitter, type Flow } from "./emitter.ts";
import { JUMP_ENTRIES, JUMP_ENTRY_SIZE, JUMP_OFFSET, JUMP_SLOT, State } from "./state.ts";
import {
  type CodeModule,
  I32,
  type ModuleEncoder,
  NO_VALUE,
  Op,
  signed32,
  STOPPED,
  TYPE_CODE,
  unsigned,
} from "./wasm.ts";

/** How many functions may have called each other: V8's stack is not endless. */
const MOST_CALLS = 200;

/** What the translator must know of the code's surroundings. */
export interface CodeSource {
  /** The state's offset in memory. */
  readonly base: number;
  readonly encoder: ModuleEncoder;
  /** The exception level that the code runs at. */
  readonly el: 0 | 1;
  /** The instruction at an address in the page of the region's start. */
  readonly wordAt: (pc: bigint) => number;
  /** The place in the function table of the code at an address in that page. */
  readonly slotOf: (pc: bigint) => number;
}

/** A region, translated. */
export interface Translation {
  readonly module: Uint8Array<ArrayBuffer>;
  /** How many instructions it covers. */
  readonly instructions: number;
  /** How many blocks. */
  readonly blocks: number;
  /** The first address, and the one behind the last. */
  readonly start: bigint;
  readonly end: bigint;
}

/** Writes the function of one region. */
class RegionWriter implements Flow {
  readonly #source: CodeSource;
  /** The first is the entry. */
  readonly #blocks: readonly Block[];
  readonly #numbers: Map<bigint, number>;
  readonly #flow: ControlFlow;
  readonly #emitter: Emitter;
  /** How deep the code was nested where a block's loop begins, and where the WebAssembly block begins behind which it stands. */
  readonly #loops: number[] = [];
  readonly #ends: number[] = [];
  /** Which registers were in their locals at the end of a block. */
  readonly #loaded: number[] = [];
  /** How often the code called other code up to the end of a block. */
  readonly #callsAt: number[] = [];
  /** The block that is being written, and how many of its instructions are still to come. */
  #current = 0;
  #left = 0;

  constructor(source: CodeSource, blocks: readonly Block[]) {
    this.#source = source;
    this.#blocks = blocks;
    this.#numbers = new Map(blocks.map((block, i) => [block.start, i]));
    this.#flow = new ControlFlow(
      blocks.map(({ targets }) =>
        targets.map((target) => this.#numbers.get(target)).filter((number) => number !== undefined)
      ),
    );
    const setsFlags = blocks.some((block) => block.setsFlags);
    this.#emitter = new Emitter(source.base, source.el, this, setsFlags);
  }

  /** The whole function. */
  write(): Omit<CodeModule, "slot"> {
    const emitter = this.#emitter;
    this.#place(0);
    emitter.push(Op.unreachable);
    const prologue = [this.#checkFuelAtEntry(), emitter.prologue()];
    const { body, locals, hints } = emitter;
    return { prologue, body: body.view(), locals, hints };
  }

  jump(target: bigint): void {
    const emitter = this.#emitter;
    const from = this.#current;
    const to = this.#numbers.get(target);
    this.#loaded[from] = emitter.loaded;
    this.#callsAt[from] = emitter.calls;
    // The instruction that jumps is the last of its block.
    this.#left = 0;
    switch (to === undefined ? "out" : this.#flow.edge(from, to)) {
      case "inline":
        this.#place(to!);
        this.#current = from;
        break;
      case "forward":
        emitter.leaveTo(this.#ends[to!]!);
        break;
      case "back":
        this.#checkFuel(target);
        emitter.leaveTo(this.#loops[to!]!);
        break;
      case "out":
        this.#jumpOut(target);
    }
  }

  jumpTo(target: Code): void {
    const emitter = this.#emitter;
    emitter.spillFlags();
    emitter.storeState(Op.i64_store, State.PC, target);
    this.#tailCall(this.#slotOf(target));
  }

  call(target: bigint | Code, next: bigint): void {
    const emitter = this.#emitter;
    const address = typeof target === "bigint" ? emitter.constant(target) : target;
    emitter.spillFlags();
    emitter.storeState(Op.i64_store, State.PC, address);
    const slot = typeof target === "bigint" && this.#isInPage(target)
      ? [Op.i32_const, signed32(this.#source.slotOf(target))]
      : this.#slotOf(address);
    const isDeep = [get(DEPTH), Op.i32_const, signed32(MOST_CALLS), Op.i32_ge_s];
    emitter.branchHinted(isDeep, false, () => this.#tailCall(slot));
    const depth = [get(DEPTH), Op.i32_const, 1, Op.i32_add];
    emitter.append([get(FUEL), depth, slot]);
    emitter.push(Op.call_indirect, TYPE_CODE, 0, Op.local_set, FUEL);
    this.#comeBack(next);
  }

  returnTo(target: Code): void {
    const emitter = this.#emitter;
    emitter.branchHinted([get(DEPTH), Op.i32_eqz], false, () => this.jumpTo(target));
    emitter.spillFlags();
    emitter.storeState(Op.i64_store, State.PC, target);
    emitter.append([get(FUEL), Op.return]);
  }

  leave(): void {
    // What the block has paid for and will not execute.
    const left = this.#left - STOPPED;
    this.#emitter.append([get(FUEL), Op.i32_const, signed32(left), Op.i32_add, Op.return]);
  }

  /** Goes on after a call, if that is where what was called has ended. */
  #comeBack(next: bigint): void {
    const emitter = this.#emitter;
    emitter.branchHinted([get(FUEL), Op.i32_const, 0, Op.i32_lt_s], false, () => {
      emitter.append([get(FUEL), Op.return]);
    });
    const pc = emitter.loadState(Op.i64_load, State.PC);
    emitter.branchHinted([pc, emitter.constant(next), Op.i64_ne], false, () => {
      this.#tailCall(this.#slotOf(emitter.once(pc)));
    });
    emitter.reload();
    this.jump(next);
  }

  #jumpOut(target: bigint): void {
    const emitter = this.#emitter;
    // Another page may be somewhere else next time: the jump cache is told of that.
    if (!this.#isInPage(target)) return this.jumpTo(emitter.constant(target));
    emitter.spillFlags();
    emitter.storeState(Op.i64_store, State.PC, emitter.constant(target));
    this.#tailCall([Op.i32_const, signed32(this.#source.slotOf(target))]);
  }

  #tailCall(slot: Code): void {
    this.#emitter.append([get(FUEL), get(DEPTH), slot]);
    this.#emitter.push(Op.return_call_indirect, TYPE_CODE, 0);
  }

  #isInPage(target: bigint): boolean {
    return samePage(target, this.#blocks[0]!.start);
  }

  /** Code for the slot of the code at the PC, which is `address`, from the jump cache; without an entry there it leaves. */
  #slotOf(address: Code): Code {
    const emitter = this.#emitter;
    const cache = this.#source.base + JUMP_OFFSET[this.#source.el];
    const entry = emitter.scratch(I32);
    // Addresses are multiples of four: the bits above number the entry.
    const shift = Math.log2(JUMP_ENTRY_SIZE) - 2;
    const mask = (JUMP_ENTRIES - 1) * JUMP_ENTRY_SIZE;
    emitter.append([address, Op.i32_wrap_i64, Op.i32_const, signed32(shift), Op.i32_shl]);
    emitter.push(Op.i32_const, signed32(mask), Op.i32_and, Op.local_set, unsigned(entry));
    const miss = [get(entry), Op.i64_load, 3, unsigned(cache), address, Op.i64_ne];
    emitter.branchHinted(miss, false, () => this.leave());
    return [get(entry), Op.i32_load, 2, unsigned(cache + JUMP_SLOT)];
  }

  /** Writes a block where the code is now, and behind it all those that stand there. */
  #place(number: number): void {
    const emitter = this.#emitter;
    const { isLoop, followers } = this.#flow.places[number]!;
    if (isLoop) this.#openLoop(number);
    for (const follower of followers.toReversed()) this.#ends[follower] = emitter.open(Op.block);
    this.#writeBlock(this.#blocks[number]!, number);
    for (const follower of followers) {
      emitter.close();
      emitter.forgetFlags();
      // On the way to the follower only other code can have changed the state behind the locals' back.
      emitter.loaded = emitter.calls === this.#callsAt[number] ? this.#loaded[number]! : 0;
      this.#place(follower);
    }
    if (isLoop) emitter.close();
  }

  #openLoop(number: number): void {
    const emitter = this.#emitter;
    const body = this.#flow.loop(number).map((block) => this.#blocks[block]!);
    if (body.some((block) => block.calls)) emitter.loaded = 0;
    else emitter.loadRegisters(body.reduce((all, block) => all | block.reads, 0));
    this.#loops[number] = emitter.open(Op.loop);
    emitter.forgetFlags();
  }

  #writeBlock(block: Block, number: number): void {
    const emitter = this.#emitter;
    this.#current = number;
    this.#left = block.instructions.length;
    emitter.append([get(FUEL), Op.i32_const, signed32(this.#left), Op.i32_sub]);
    emitter.push(Op.local_set, FUEL);
    let ended = false;
    for (const instruction of block.instructions) {
      this.#left--;
      ended = emitter.instruction(instruction);
    }
    if (!ended) this.jump(block.targets[0]!);
  }

  /** Before a jump back, the one place where code can go round for ever. */
  #checkFuel(target: bigint): void {
    const emitter = this.#emitter;
    emitter.branchHinted([get(FUEL), Op.i32_const, 0, Op.i32_lt_s], false, () => {
      emitter.spillFlags();
      emitter.storeState(Op.i64_store, State.PC, emitter.constant(target));
      this.leave();
    });
  }

  #checkFuelAtEntry(): Code {
    return [
      [get(FUEL), Op.i32_const, 0, Op.i32_lt_s, Op.if, NO_VALUE],
      [get(FUEL), Op.return, Op.end],
    ];
  }
}

/** Translates the region that starts at an address. */
export function translate(source: CodeSource, entry: bigint): Translation {
  const { encoder, slotOf, wordAt } = source;
  const blocks = findBlocks(entry, wordAt);
  const first = blocks.find((block) => block.start === entry)!;
  const writer = new RegionWriter(source, [first, ...blocks.filter((block) => block !== first)]);
  return {
    module: encoder.encode({ slot: slotOf(entry), ...writer.write() }),
    instructions: blocks.reduce((sum, block) => sum + block.instructions.length, 0),
    blocks: blocks.length,
    start: blocks[0]!.start,
    end: blocks.at(-1)!.end,
  };
}
