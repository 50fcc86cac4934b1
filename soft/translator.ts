/**
 * Turns guest code into WebAssembly, a region at a time.
 *
 * A region is what direct jumps reach from one address without leaving its page.
 * It becomes one function: its blocks stand one behind the other, jumps forward
 * leave as many WebAssembly blocks as it takes, and jumps back go round a loop
 * with a jump table. Jumps out of the region are tail calls through the function
 * table, so that code goes from region to region without JavaScript.
 */

import { type Code, FUEL, get } from "./code_writer.ts";
import { Emitter, type Flow } from "./emitter.ts";
import { JUMP_ENTRIES, JUMP_ENTRY_SIZE, JUMP_OFFSET, JUMP_SLOT, State } from "./state.ts";
import { encodeModule, I32, NO_VALUE, Op, signed32, TYPE_CODE, unsigned } from "./wasm.ts";

/** The most instructions of a region. */
const MOST_INSTRUCTIONS = 512;
const PAGE_MASK = 0xfffn;
const INSTRUCTION_SIZE = 4n;

/** What the translator must know of the code's surroundings. */
export interface CodeSource {
  /** The state's offset in memory. */
  readonly base: number;
  readonly memoryPages: number;
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

/** Straight code: entered at its start, left at its end. */
interface Block {
  readonly start: bigint;
  readonly instructions: Instruction[];
}

interface Instruction {
  readonly pc: bigint;
  readonly word: number;
}

const wrap = (address: bigint) => BigInt.asUintN(64, address);
const samePage = (a: bigint, b: bigint) => (a | PAGE_MASK) === (b | PAGE_MASK);

/** Finds out where an instruction goes, by writing it for nobody. */
class Scout implements Flow {
  /** The addresses it may jump to. */
  targets: bigint[] = [];
  changesFlags = false;

  jump(target: bigint): void {
    this.targets.push(target);
  }
  jumpTo(): void {}
  leave(): void {}

  /** Whether the instruction ends a block. */
  look(source: CodeSource, instruction: Instruction): boolean {
    this.targets = [];
    const emitter = new Emitter(source.base, source.el, this, false);
    const ended = emitter.instruction(instruction);
    this.changesFlags ||= emitter.changedFlags;
    return ended;
  }
}

/** The blocks that direct jumps reach from an address in its page, by address; and whether they set flags. */
function findBlocks(source: CodeSource, entry: bigint): { blocks: Block[]; changesFlags: boolean } {
  const scout = new Scout();
  const instructions = new Map<bigint, Instruction & { ends: boolean }>();
  const leaders = new Set([entry]);
  const work = [entry];
  for (let pc = work.pop(); pc !== undefined; pc = work.pop()) {
    while (samePage(pc, entry) && !instructions.has(pc) && instructions.size < MOST_INSTRUCTIONS) {
      const instruction: Instruction = { pc, word: source.wordAt(pc) };
      const ends = scout.look(source, instruction);
      instructions.set(pc, { ...instruction, ends });
      pc = wrap(pc + INSTRUCTION_SIZE);
      if (!ends) continue;
      for (const target of scout.targets) {
        if (!samePage(target, entry)) continue;
        leaders.add(target);
        work.push(target);
      }
      break;
    }
  }
  const blocks: Block[] = [];
  const byAddress = [...instructions.values()].sort((a, b) => (a.pc < b.pc ? -1 : 1));
  let open: Block | undefined;
  for (const instruction of byAddress) {
    const follows = open !== undefined &&
      wrap(open.start + BigInt(open.instructions.length) * INSTRUCTION_SIZE) === instruction.pc;
    if (!follows || leaders.has(instruction.pc)) {
      open = { start: instruction.pc, instructions: [] };
      blocks.push(open);
    }
    open!.instructions.push(instruction);
    if (instruction.ends) open = undefined;
  }
  return { blocks, changesFlags: scout.changesFlags };
}

/** Writes the function of one region. */
class RegionWriter implements Flow {
  readonly #source: CodeSource;
  readonly #blocks: Block[];
  readonly #numbers: Map<bigint, number>;
  readonly #emitter: Emitter;
  /** The local with the number of the block to go to. */
  readonly #next: number;
  /** The block that is being written, and how many of its instructions are still to come. */
  #current = 0;
  #left = 0;

  constructor(source: CodeSource, blocks: Block[], changesFlags: boolean) {
    this.#source = source;
    this.#blocks = blocks;
    this.#numbers = new Map(blocks.map((block, i) => [block.start, i]));
    this.#emitter = new Emitter(source.base, source.el, this, changesFlags);
    this.#next = this.#emitter.local(I32);
  }

  /** The whole function, from the block at `entry`. */
  write(entry: bigint): { body: number[]; locals: readonly number[] } {
    const emitter = this.#emitter;
    const count = this.#blocks.length;
    emitter.push(Op.loop, NO_VALUE);
    for (let i = 0; i < count; i++) emitter.push(Op.block, NO_VALUE);
    emitter.append([...get(this.#next), Op.br_table, ...unsigned(count)]);
    for (let i = 0; i < count; i++) emitter.append(unsigned(i));
    emitter.append(unsigned(0));
    this.#blocks.forEach((block, i) => {
      emitter.push(Op.end);
      this.#writeBlock(block, i);
    });
    emitter.push(Op.end, Op.unreachable);
    const first = [Op.i32_const, ...signed32(this.#numbers.get(entry)!), Op.local_set];
    const body = [
      ...this.#checkFuelAtEntry(),
      ...emitter.prologue(),
      ...first,
      ...unsigned(this.#next),
    ];
    for (const byte of emitter.body) body.push(byte);
    return { body, locals: emitter.locals };
  }

  jump(target: bigint): void {
    const emitter = this.#emitter;
    const number = this.#numbers.get(target);
    if (number === undefined) {
      this.#jumpOut(target);
    } else if (number > this.#current) {
      emitter.push(Op.br, ...unsigned(emitter.nesting + number - this.#current - 1));
    } else {
      // The one place where code can go round for ever.
      const spent = [...get(FUEL), Op.i32_const, 0, Op.i32_lt_s];
      emitter.branch(spent, () => {
        emitter.spillFlags();
        emitter.storeState(Op.i64_store, State.PC, emitter.constant(target));
        this.leave();
      });
      emitter.push(Op.i32_const, ...signed32(number), Op.local_set, ...unsigned(this.#next));
      const loop = this.#blocks.length - 1 - this.#current;
      emitter.push(Op.br, ...unsigned(emitter.nesting + loop));
    }
  }

  jumpTo(target: Code): void {
    const emitter = this.#emitter;
    emitter.spillFlags();
    emitter.storeState(Op.i64_store, State.PC, target);
    const cache = this.#source.base + JUMP_OFFSET[this.#source.el];
    const entry = emitter.local(I32);
    // Addresses are multiples of four: the bits above number the entry.
    const shift = Math.log2(JUMP_ENTRY_SIZE) - 2;
    const mask = (JUMP_ENTRIES - 1) * JUMP_ENTRY_SIZE;
    emitter.append([...target, Op.i32_wrap_i64, Op.i32_const, ...signed32(shift), Op.i32_shl]);
    emitter.push(Op.i32_const, ...signed32(mask), Op.i32_and, Op.local_set, ...unsigned(entry));
    const hit = [...get(entry), Op.i64_load, 3, ...unsigned(cache), ...target, Op.i64_eq];
    emitter.branch(hit, () => {
      const slot = [...get(entry), Op.i32_load, 2, ...unsigned(cache + JUMP_SLOT)];
      emitter.append([...get(FUEL), ...slot, Op.return_call_indirect, TYPE_CODE, 0]);
    });
    this.leave();
  }

  leave(): void {
    // What the block has paid for and will not execute.
    this.#emitter.append([
      ...get(FUEL),
      Op.i32_const,
      ...signed32(this.#left),
      Op.i32_add,
      Op.return,
    ]);
  }

  #jumpOut(target: bigint): void {
    const emitter = this.#emitter;
    // Another page may be somewhere else next time: the jump cache is told of that.
    if (!samePage(target, this.#blocks[0]!.start)) return this.jumpTo(emitter.constant(target));
    emitter.spillFlags();
    emitter.storeState(Op.i64_store, State.PC, emitter.constant(target));
    const slot = this.#source.slotOf(target);
    emitter.append([...get(FUEL), Op.i32_const, ...signed32(slot)]);
    emitter.push(Op.return_call_indirect, TYPE_CODE, 0);
  }

  #writeBlock(block: Block, number: number): void {
    const emitter = this.#emitter;
    this.#current = number;
    this.#left = block.instructions.length;
    // It may be reached from elsewhere.
    emitter.forgetComparison();
    emitter.append([...get(FUEL), Op.i32_const, ...signed32(this.#left), Op.i32_sub]);
    emitter.push(Op.local_set, FUEL);
    let ended = false;
    for (const instruction of block.instructions) {
      this.#left--;
      ended = emitter.instruction(instruction);
    }
    const end = wrap(block.start + BigInt(block.instructions.length) * INSTRUCTION_SIZE);
    if (!ended) this.jump(end);
  }

  #checkFuelAtEntry(): number[] {
    return [
      ...[...get(FUEL), Op.i32_const, 0, Op.i32_lt_s, Op.if, NO_VALUE],
      ...[...get(FUEL), Op.return, Op.end],
    ];
  }
}

/** Translates the region that starts at an address. */
export function translate(source: CodeSource, entry: bigint): Translation {
  const { blocks, changesFlags } = findBlocks(source, entry);
  const writer = new RegionWriter(source, blocks, changesFlags);
  const { body, locals } = writer.write(entry);
  const { memoryPages, slotOf } = source;
  const last = blocks.at(-1)!;
  return {
    module: encodeModule({ memoryPages, slot: slotOf(entry), locals, body }),
    instructions: blocks.reduce((sum, block) => sum + block.instructions.length, 0),
    blocks: blocks.length,
    start: blocks[0]!.start,
    end: wrap(last.start + BigInt(last.instructions.length) * INSTRUCTION_SIZE),
  };
}
