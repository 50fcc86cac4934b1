/** The memory in which vCPU threads and the thread that answers their exits tell each other whose turn it is. */

import { Errno } from "./errno.ts";

/** What a vCPU's thread is to do, or is doing. */
export const State = {
  /** The thread is not there yet. */
  absent: 0,
  /** The vCPU does not run: its exit is to be answered, or it has not been started. */
  stopped: 1,
  /** The vCPU is to run, or runs. */
  run: 2,
  /** The thread is to end. */
  quit: 3,
} as const;

/** Words that all threads look at. */
const BELL = 0;
const SPINS = 1;

/** Words of each thread's own, a cache line apart from those of others. */
const LINE = 16;
const STATE = 0;
const ERROR = 1;
const FD = 2;
const TID = 3;

/** How often at most a thread looks for news before it sleeps. */
const MOST_SPINS = 2000;

/**
 * One mailbox for each vCPU, and a bell that all of them ring.
 *
 * `state` says who may touch all else of a vCPU's, its mapping with the kernel
 * included: the thread while it is `run`, the answering side while it is
 * `stopped`. Atomics make that an order in memory too.
 */
export class Mailboxes {
  /** What the threads are given. */
  readonly words: Int32Array<SharedArrayBuffer>;
  /** How often the answering side looks before it sleeps: less after it was in vain. */
  #patience = 0;
  /** The bell before the last look at all states. */
  #heard = 0;
  readonly #mostSpins: number;

  /** @param spin Whether a thread may keep a CPU busy while it waits. */
  constructor(readonly count: number, spin: boolean) {
    this.words = new Int32Array(new SharedArrayBuffer((count + 1) * LINE * 4));
    this.#mostSpins = spin ? MOST_SPINS : 0;
    this.words[SPINS] = this.#mostSpins;
  }

  /** Where thread `i` finds its words. */
  indices(i: number) {
    const at = LINE * (i + 1);
    return {
      bell: BELL,
      spins: SPINS,
      state: at + STATE,
      error: at + ERROR,
      fd: at + FD,
      tid: at + TID,
    };
  }

  /** The state of thread `i`. */
  state(i: number): number {
    return Atomics.load(this.words, LINE * (i + 1) + STATE);
  }

  /** Tells thread `i` to run its vCPU, or to end. */
  tell(i: number, state: typeof State.run | typeof State.quit): void {
    const at = LINE * (i + 1) + STATE;
    Atomics.store(this.words, at, state);
    Atomics.notify(this.words, at);
  }

  /** The errno that the last run of thread `i` ended with, or 0. */
  error(i: number): number {
    return this.words[LINE * (i + 1) + ERROR]!;
  }

  /** Gives thread `i` the file descriptor of its vCPU, which has not run yet: as if it had been interrupted. */
  prepare(i: number, fd: number): void {
    this.words[LINE * (i + 1) + FD] = fd;
    this.words[LINE * (i + 1) + ERROR] = Errno.EINTR;
  }

  /** The host's ID of thread `i`. */
  threadId(i: number): number {
    return this.words[LINE * (i + 1) + TID]!;
  }

  /** To be called before looking at states, so that nothing that happens after it is missed. */
  listen(): void {
    this.#heard = Atomics.load(this.words, BELL);
  }

  /**
   * Waits, on this thread, for the bell: for a short while by looking again and
   * again, if that has been of use lately.
   *
   * @param most The most milliseconds.
   * @returns Whether it rang.
   */
  sleep(most: number): boolean {
    for (let left = this.#patience; left > 0; left--) {
      if (Atomics.load(this.words, BELL) !== this.#heard) return this.#rewardPatience();
    }
    this.#patience >>= 1;
    const before = performance.now();
    const rang = Atomics.wait(this.words, BELL, this.#heard, most) !== "timed-out";
    if (rang && performance.now() - before < SOON) this.#rewardPatience();
    return rang;
  }

  /** Resolves when the bell rings, or the time is over. @param most In milliseconds; no limit unless given. */
  async rung(most = Infinity): Promise<void> {
    await Atomics.waitAsync(this.words, BELL, this.#heard, most).value;
  }

  /** Rings the bell. */
  ring(): void {
    Atomics.add(this.words, BELL, 1);
    Atomics.notify(this.words, BELL);
  }

  #rewardPatience(): true {
    this.#patience = this.#mostSpins;
    return true;
  }
}

/** A wait so short that it would have been better not to sleep, in milliseconds. */
const SOON = 0.5;
