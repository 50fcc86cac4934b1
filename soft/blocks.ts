/** Finds the blocks of a region: the code that direct jumps reach from one address without leaving its page. */

import { decode, type Decoded } from "./decode.ts";
import { Scout } from "./scout.ts";

/** The most instructions of a region. */
const MOST_INSTRUCTIONS = 512;
const PAGE_MASK = 0xfffn;
const INSTRUCTION_SIZE = 4n;

const wrap = (address: bigint) => BigInt.asUintN(64, address);

/** Whether two addresses are in one page. */
export function samePage(a: bigint, b: bigint): boolean {
  return (a | PAGE_MASK) === (b | PAGE_MASK);
}

/** An instruction and where it is. */
export interface Instruction {
  readonly pc: bigint;
  /** What it is; undefined if it does not exist. */
  readonly decoded: Decoded | undefined;
}

/** Straight code: entered at its start, left at its end. */
export interface Block {
  readonly start: bigint;
  /** The address behind its last instruction. */
  end: bigint;
  readonly instructions: Instruction[];
  /** Where it goes on, in this region or elsewhere, as far as that is known. */
  targets: readonly bigint[];
  /** The registers that it reads, a set of bits; 31 is SP. */
  reads: number;
  setsFlags: boolean;
  /** It calls other code. */
  calls: boolean;
}

/** An instruction and what is to be known about it. */
interface Scouted extends Instruction {
  readonly targets?: readonly bigint[];
  readonly reads: number;
  readonly setsFlags: boolean;
  readonly calls: boolean;
}

/**
 * The blocks of the region that starts at an address, by their addresses.
 *
 * @param wordAt The instruction at an address in the page of the region's start.
 */
export function findBlocks(entry: bigint, wordAt: (pc: bigint) => number): Block[] {
  const { instructions, leaders } = findInstructions(entry, wordAt);
  const blocks: Block[] = [];
  let open: Block | undefined;
  for (const { pc, decoded, targets, reads, setsFlags, calls } of instructions) {
    if (open === undefined || open.end !== pc || leaders.has(pc)) {
      open = {
        ...{ start: pc, end: pc, instructions: [], targets: [] },
        ...{ reads: 0, setsFlags: false, calls: false },
      };
      blocks.push(open);
    }
    open.instructions.push({ pc, decoded });
    open.end = wrap(pc + INSTRUCTION_SIZE);
    open.targets = targets ?? [open.end];
    open.reads |= reads;
    open.setsFlags ||= setsFlags;
    open.calls ||= calls;
    if (targets !== undefined) open = undefined;
  }
  return blocks;
}

/** The instructions of the region, by their addresses, and where jumps lead to. */
function findInstructions(entry: bigint, wordAt: (pc: bigint) => number) {
  const scout = new Scout();
  const found = new Map<bigint, Scouted>();
  const leaders = new Set([entry]);
  const work = [entry];
  for (let pc = work.pop(); pc !== undefined; pc = work.pop()) {
    while (samePage(pc, entry) && !found.has(pc) && found.size < MOST_INSTRUCTIONS) {
      const decoded = decode(wordAt(pc));
      scout.look(pc, decoded);
      const { targets, reads, setsFlags, calls } = scout;
      found.set(pc, { pc, decoded, targets, reads, setsFlags, calls });
      pc = wrap(pc + INSTRUCTION_SIZE);
      if (targets === undefined) continue;
      for (const target of targets) {
        if (!samePage(target, entry)) continue;
        leaders.add(target);
        work.push(target);
      }
      break;
    }
  }
  const instructions = [...found.values()].sort((a, b) => (a.pc < b.pc ? -1 : 1));
  return { instructions, leaders };
}
