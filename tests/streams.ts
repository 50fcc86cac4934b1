/** Outputs and inputs for a guest's console that live in memory. */

import type { Reader, Writer } from "../devices/console.ts";

/** Keeps what is written. */
export class MemoryWriter implements Writer {
  /** One entry for each write. */
  readonly blocks: Uint8Array[] = [];

  /** @param most How many bytes one write takes. */
  constructor(readonly most = Infinity) {}

  // deno-lint-ignore require-await -- as Deno.stdout's, which is a promise always
  async write(bytes: Uint8Array): Promise<number> {
    this.blocks.push(bytes.slice(0, this.most));
    return Math.min(bytes.length, this.most);
  }

  /** All that was written. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.blocks.flatMap((block) => [...block]));
  }

  /** The same as text. */
  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }
}

/** Takes nothing: a pipe that nobody reads. */
export const stuckWriter: Writer = { write: () => new Promise(() => {}) };

/** Fails: a pipe whose reader is gone. */
export const failingWriter: Writer = {
  write: () => Promise.reject(new Error("nobody reads this")),
};

/** Gives these blocks, one for each read, then the end. */
export function blocks(...all: Uint8Array[]): Reader {
  const left = [...all];
  return {
    // deno-lint-ignore require-await -- as Deno.stdin's, which is a promise always
    async read(room) {
      const block = left.shift();
      if (block === undefined) return null;
      if (block.length > room.length) {
        left.unshift(block.subarray(room.length));
      }
      const fitting = block.subarray(0, room.length);
      room.set(fitting);
      return fitting.length;
    },
  };
}

/** Never gives anything, and never ends: a terminal at which nobody types. */
export const silentReader: Reader = { read: () => new Promise(() => {}) };

/** At its end from the start. */
export const emptyReader: Reader = blocks();

/** Text as bytes. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
