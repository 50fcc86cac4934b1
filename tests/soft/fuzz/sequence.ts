/**
 * A sequence of instructions in the making.
 *
 * It is made of blocks, one behind the other. Branches go forward to the start
 * of a later block, so that every sequence ends. What a register holds is known
 * as long as no instruction before may have written it: such a register can
 * still be preset, as a pointer or as the target of a branch.
 *
 * @module
 */

import type { Row } from "../../../soft/a64/row.ts";
import { type Case, type Preset, STACK_POINTER } from "./case.ts";
import { isRegisterField, withField } from "./fields.ts";
import { REGISTERS } from "./layout.ts";
import type { Random } from "./random.ts";

/** The zero register. */
const ZR = 31;
/** How many registers most of the data is in. */
const HOT_REGISTERS = 7;

/** Where the tag of an address is. */
const TAG_SHIFT = 56n;

/** A branch whose target is not chosen yet. */
type Branch =
  & { readonly at: number }
  & (
    | { readonly row: Row; readonly field: string }
    | { readonly register: number; readonly tag: bigint }
  );

/** Builds one case. */
export class Sequence {
  /** Code from here on may run at EL0. */
  mayBeEl0: boolean;
  readonly code: number[] = [];
  readonly #presets = new Map<number, Preset>();
  /** Registers whose values are no longer what they were at first. */
  readonly #written = new Set<number>();
  /** Registers that hold addresses still. */
  readonly #pointers = new Map<number, bigint>();
  /** Registers that must keep their value for now. */
  readonly #reserved = new Set<number>();
  readonly #hot: readonly number[];
  readonly #blocks: number[] = [];
  readonly #branches: Branch[] = [];

  constructor(readonly random: Random, readonly setting: Pick<Case, "mode" | "sctlr" | "tagged">) {
    this.mayBeEl0 = setting.mode === "EL0t";
    this.#hot = Array.from({ length: HOT_REGISTERS }, () => random.below(REGISTERS));
  }

  /** Begins a block: branches may come here. */
  beginBlock(): void {
    this.#blocks.push(this.code.length);
  }

  /** Adds an instruction of a row; all registers that it may write are no longer known. */
  emit(row: Row, word: number): void {
    for (const { name, shift } of row.fields) {
      if (!isRegisterField(name) || (name === "rn" && !writesBase(row))) continue;
      const register = (word >>> shift) & 31;
      this.markWritten(register);
      if (row.name === "casp") this.markWritten(register + 1);
    }
    this.code.push(word);
  }

  /** Adds a branch; one of its fields will be set to where it goes. */
  emitBranch(row: Row, word: number, field: string): void {
    this.#branches.push({ at: this.code.length, row, field });
    this.code.push(word);
  }

  /** A register that will hold the address of a later block; undefined if none is left. */
  target(
    { among = this.#fresh(), tagged = true }: { among?: readonly number[]; tagged?: boolean } = {},
  ): number | undefined {
    const register = this.fresh(among);
    const at = this.code.length;
    const tag = tagged ? this.#tag() : 0n;
    if (register !== undefined) this.#branches.push({ at, register, tag });
    return register;
  }

  /** Notes that an instruction may have changed a register. */
  markWritten(register: number): void {
    this.#written.add(register);
    this.#pointers.delete(register);
  }

  /** A register for data, which may be 31. */
  data(): number {
    for (;;) {
      const register = this.random.weighted([
        [13, this.random.pick(this.#hot)],
        [2, ZR],
        [5, this.random.below(REGISTERS)],
      ]);
      if (!this.#reserved.has(register)) return register;
    }
  }

  /** A register of which nothing is known to nobody yet; undefined if none is left. */
  fresh(among: readonly number[] = this.#fresh()): number | undefined {
    const choices = among.filter((register) => this.isFresh(register));
    return choices.length === 0 ? undefined : this.random.pick(choices);
  }

  /** Whether a register can still be preset; 31 is the stack pointer. */
  isFresh(register: number): boolean {
    return !this.#presets.has(register) && !this.#written.has(register);
  }

  /** Gives a fresh register its first value. */
  preset(register: number, value: bigint, relative = false): void {
    this.#presets.set(register, { register, value: BigInt.asUintN(64, value), relative });
  }

  /** A register, or 31 for the stack pointer, that holds an address; undefined if none is left. */
  pointer(address: bigint): number | undefined {
    const stack = this.isFresh(STACK_POINTER) && this.random.percent(8);
    const register = stack ? STACK_POINTER : this.fresh();
    if (register === undefined) return undefined;
    this.preset(register, address ^ this.#tag());
    this.#pointers.set(register, address);
    return register;
  }

  /** A register that holds an address already, of which something was accessed. */
  usedPointer(): number | undefined {
    const all = [...this.#pointers.keys()];
    return all.length === 0 ? undefined : this.random.pick(all);
  }

  /** Keeps a register from being used for data while something is done. */
  reserving(register: number, action: () => void): void {
    const wasThere = this.#reserved.has(register);
    this.#reserved.add(register);
    action();
    if (!wasThere) this.#reserved.delete(register);
  }

  /** The case, with all branches going somewhere. */
  finish(rest: Pick<Case, "nzcv" | "fill">): Case {
    for (const branch of this.#branches) {
      const later = this.#blocks.filter((start) => start > branch.at);
      const target = this.random.pick([...later, this.code.length]);
      if ("register" in branch) {
        this.preset(branch.register, BigInt(4 * target) | branch.tag, true);
      } else {
        const word = this.code[branch.at]!;
        this.code[branch.at] = withField(branch.row, word, branch.field, target - branch.at);
      }
    }
    const presets = [...this.#presets.values()].sort((a, b) => a.register - b.register);
    return { ...this.setting, ...rest, presets, code: this.code };
  }

  /** Something for the top byte of an address, where that does not count. */
  #tag(): bigint {
    const tag = this.setting.tagged && this.random.percent(70) ? this.random.below(256) : 0;
    return BigInt(tag) << TAG_SHIFT;
  }

  #fresh(): number[] {
    return Array.from({ length: REGISTERS }, (_, n) => n)
      .filter((n) => !this.#hot.includes(n) && this.isFresh(n));
  }
}

/** Whether an instruction moves its base register. */
function writesBase(row: Row): boolean {
  return !row.memory || /\((pre|post)-index\)/.test(row.name);
}
