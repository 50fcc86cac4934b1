/** The PL011's receive FIFO: characters with their errors, the oldest first. */

import { DR_DATA, FIFO_DEPTH } from "./pl011_registers.ts";

/** What the guest sees of an entry: the character and its four error bits (Arm DDI 0183G, Table 2-1). */
const VISIBLE = 0xfff;
/** Beside the visible bits: the guest sent it to itself. */
const LOOPED = 1 << 15;

/** Holds up to {@linkcode FIFO_DEPTH} characters. It is the caller's to push no more than {@linkcode depth}. */
export class ReceiveFifo {
  /** How many characters make it full: 1 where it stands for the holding register. */
  depth = 1;
  /** How many characters wait. */
  length = 0;
  readonly #entries = new Uint16Array(FIFO_DEPTH);
  #first = 0;

  /** The oldest character and its errors, as in UARTDR; 0 if there is none. */
  get head(): number {
    return this.length === 0 ? 0 : this.#entries[this.#first]! & VISIBLE;
  }

  /** Whether there is no room for one more. */
  get full(): boolean {
    return this.length >= this.depth;
  }

  /** Adds a character with its errors. @param looped The guest sent it to itself. */
  push(word: number, looped: boolean): void {
    this.#entries[(this.#first + this.length) % FIFO_DEPTH] = word | (looped ? LOOPED : 0);
    this.length++;
  }

  /** Takes the oldest character with its errors. There must be one. */
  shift(): number {
    const word = this.head;
    this.#first = (this.#first + 1) % FIFO_DEPTH;
    this.length--;
    return word;
  }

  /** Forgets all. */
  clear(): void {
    this.length = 0;
  }

  /** Takes out what came from outside, in order, and leaves what the guest sent to itself. */
  takeBack(): Uint8Array<ArrayBuffer> {
    const taken: number[] = [];
    for (let left = this.length; left > 0; left--) {
      const looped = (this.#entries[this.#first]! & LOOPED) !== 0;
      const word = this.shift();
      if (looped) this.push(word, true);
      else taken.push(word & DR_DATA);
    }
    return new Uint8Array(taken);
  }
}
