/** Translated code by where it comes from: which places have a translation, which pages must be watched, and what to forget when code changes. */

import type { CodeWatcher } from "./access.ts";
import { nzcvFunction } from "./flags.ts";
import type { JumpCache } from "./jump_cache.ts";
import { PAGE_SIZE } from "./ram.ts";
import { encodeEntry, STOPPED } from "./wasm.ts";

/** The most regions kept; then all are forgotten, which is simple and rare. */
const MOST_REGIONS = 8192;
/** Places in the function table: regions, and what they may jump to. */
const TABLE_SIZE = 65536;

/** A place in the function table: where code at one address, seen at one virtual address from one exception level, is or will be. */
export interface Slot {
  readonly number: number;
  readonly physAddr: number;
  readonly pc: bigint;
  readonly el: 0 | 1;
  /** How often this place was reached without a translation. */
  visits: number;
  translated: boolean;
}

/** A translated region's bytes in its page, and its slot. */
interface Region {
  readonly slot: Slot;
  readonly start: number;
  readonly end: number;
}

/** The translations of one vCPU. */
export class CodeCache implements CodeWatcher {
  readonly table: WebAssembly.Table;
  readonly #enter: (fuel: number, slot: number) => number;
  /** Works out flags, for translated code. */
  readonly flags: CallableFunction;
  /** Regions thrown away because their code changed. */
  invalidations = 0;
  /** How often everything was thrown away because there was no room. */
  flushes = 0;

  /** Code that is not there: returns at once. */
  readonly #absent: CallableFunction;
  readonly #slots = new Map<number, Slot[]>();
  readonly #regions = new Map<number, Region[]>();
  readonly #jumps: JumpCache;
  #nextSlot = 0;
  #regionCount = 0;

  /** @param jumps Forgotten with every translation that they may lead to. */
  constructor(jumps: JumpCache) {
    this.#jumps = jumps;
    this.table = new WebAssembly.Table({ element: "anyfunc", initial: 0 });
    const module = new WebAssembly.Module(encodeEntry(nzcvFunction()));
    const { exports } = new WebAssembly.Instance(module, { e: { t: this.table } });
    this.#enter = exports.enter as (fuel: number, slot: number) => number;
    this.flags = exports.flags as CallableFunction;
    this.#absent = exports.absent as CallableFunction;
    // TypeScript's library does not have the second parameter yet: what the new places hold.
    const table = this.table as { grow(by: number, value: CallableFunction): number };
    table.grow(TABLE_SIZE, this.#absent);
  }

  /** Runs the code of a slot with some fuel; gives what is left of it. */
  enter(fuel: number, slot: number): number {
    const left = this.#enter(fuel, slot);
    return left < -STOPPED / 2 ? left + STOPPED : left;
  }

  /** The slot for code at an address; a new one if need be. */
  slot(physAddr: number, pc: bigint, el: 0 | 1): Slot {
    const key = physAddr * 2 + el;
    let list = this.#slots.get(key);
    const found = list?.find((slot) => slot.pc === pc);
    if (found !== undefined) return found;
    if (this.#nextSlot === TABLE_SIZE) {
      this.flush();
      list = undefined;
    }
    const slot: Slot = { number: this.#nextSlot++, physAddr, pc, el, visits: 0, translated: false };
    if (list === undefined) this.#slots.set(key, [slot]);
    else list.push(slot);
    return slot;
  }

  /** Makes room for one more region. Do this before the slots of its translation are asked for. */
  reserve(): void {
    if (this.#regionCount >= MOST_REGIONS || this.#nextSlot > TABLE_SIZE - PAGE_SIZE) this.flush();
  }

  /** Notes a translation: `start` to `end` are the offsets in the page that it covers. */
  add(slot: Slot, start: number, end: number): void {
    slot.translated = true;
    this.#regionCount++;
    const page = Math.floor(slot.physAddr / PAGE_SIZE);
    const list = this.#regions.get(page);
    const region = { slot, start, end };
    if (list === undefined) this.#regions.set(page, [region]);
    else list.push(region);
  }

  hasCode(page: number): boolean {
    return this.#regions.has(page);
  }

  written(physAddr: number, length: number): void {
    const page = Math.floor(physAddr / PAGE_SIZE);
    const list = this.#regions.get(page);
    if (list === undefined) return;
    const from = physAddr % PAGE_SIZE, to = from + length;
    const kept = list.filter((region) => {
      if (from >= region.end || to <= region.start) return true;
      this.#forget(region.slot);
      return false;
    });
    if (kept.length === list.length) return;
    if (kept.length === 0) this.#regions.delete(page);
    else this.#regions.set(page, kept);
    this.#jumps.forget();
  }

  /** Throws everything away. */
  flush(): void {
    this.flushes++;
    for (let slot = 0; slot < this.#nextSlot; slot++) this.table.set(slot, this.#absent);
    this.#slots.clear();
    this.#regions.clear();
    this.#nextSlot = 0;
    this.#regionCount = 0;
    this.#jumps.forget();
  }

  #forget(slot: Slot): void {
    this.invalidations++;
    this.#regionCount--;
    slot.translated = false;
    slot.visits = 0;
    this.table.set(slot.number, this.#absent);
  }
}
