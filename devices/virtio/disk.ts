/** What keeps the bytes of a block device, and what it is asked to do. */

import type { Chain } from "./chain.ts";

/** A piece of work. "zero" may give the room of what it zeroes back if it is "zero-unmap". */
export type DiskOperation = "read" | "write" | "flush" | "discard" | "zero" | "zero-unmap";

/** A piece of work, with its result's receiver. Its fields stay as they are until it is done. */
export interface DiskRequest {
  /** What is to be done. */
  readonly operation: DiskOperation;
  /** Where on the disk it begins, in bytes: a whole sector. */
  readonly offset: number;
  /** How many bytes there are, all of them inside of the disk; for a flush none. */
  readonly length: number;
  /** What is read goes to what is writable in this chain, and what is written is what is readable. */
  readonly chain: Chain;
  /** Where in that part of the chain the disk's bytes begin. */
  readonly chainOffset: number;
  /** Called once, on the thread that began it: at once, or later. @param isDone False if not all of it could be done. */
  done(isDone: boolean): void;
}

/** A disk. */
export interface Disk {
  /** For messages and statistics. */
  readonly name: string;
  /** In bytes, a multiple of the size of a sector. */
  readonly size: number;
  /** Nothing is ever written. */
  readonly readOnly: boolean;
  /** What the guest knows it by; 20 bytes of it count. */
  readonly serial: string;
  /** Whether some of what is under way will be heard of through this thread's event loop. */
  readonly isBusy: boolean;
  /** Called after requests have been done, one or several; also during {@linkcode submit}. */
  onDone: () => void;
  /** Begins a request, at the latest with the next {@linkcode submit}. */
  begin(request: DiskRequest): void;
  /** No more requests come for now. */
  submit(): void;
  /** Resolves when nothing is under way. */
  settle(): Promise<void>;
}
