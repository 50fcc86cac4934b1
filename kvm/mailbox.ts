/** The memory in which vCPU threads and the thread that answers their exits tell each other whose turn it is. */

import { Errno } from "./errno.ts";
import { EventFd } from "./eventfd.ts";
import { Futex } from "./futex.ts";
import { Poller, poller } from "./poller.ts";

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

/** Where everything is, counted in words; vcpu_thread.ts has the same layout in bytes. */
export const Layout = {
  /** How often anybody has rung. */
  bell: 0,
  /** How often a thread looks for news before it sleeps. */
  spins: 1,
  /** How many wait for the bell. */
  sleepers: 2,
  /** The eventfd that wakes them. */
  bellFd: 3,
  /** What is added to it: 1, in two words. */
  one: 4,
  /** Each thread's words are a cache line apart from others'. Theirs are behind those of all. */
  line: 16,
  /** A {@linkcode State}. */
  state: 0,
  /** The errno that the last ioctl ended with, or 0. */
  error: 1,
  /** The file descriptor to do the ioctl on. */
  fd: 2,
  /** The host's ID of the thread. */
  tid: 3,
  /** The address of the words of all; two words. */
  shared: 4,
  /** The number of the ioctl. */
  request: 6,
  /** Whether the thread sleeps on its state. */
  asleep: 7,
  /** The thread's name for the host, zero-terminated; four words. */
  name: 8,
} as const;

/** How many bytes a thread's name may have. */
const MOST_NAME = 15;

/** How often at most a thread looks for news before it sleeps: about as long as falling asleep and being woken takes, some ten microseconds. */
const MOST_SPINS = 10_000;

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
  readonly #bell = new EventFd();
  /** Waits for nothing else. */
  readonly #bellOnly = new Poller();
  readonly #made = new DisposableStack();
  readonly #states: readonly Futex[];

  /**
   * @param request The number of the ioctl that the threads make.
   * @param spin Whether a thread may keep a CPU busy while it waits.
   */
  constructor(readonly count: number, request: number, spin: boolean) {
    const words = new Int32Array(new SharedArrayBuffer((count + 1) * Layout.line * 4));
    this.words = words;
    this.#mostSpins = spin ? MOST_SPINS : 0;
    words[Layout.spins] = this.#mostSpins;
    words[Layout.bellFd] = this.#bell.fd;
    words[Layout.one] = 1;
    this.#made.use(this.#bell);
    this.#made.use(this.#bellOnly);
    // Nothing is to be done but to wake up.
    for (const each of [poller(), this.#bellOnly]) {
      this.#made.use(each.watch(this.#bell.fd, () => {}));
    }
    const threads = Array.from({ length: count }, (_, i) => i);
    this.#states = threads.map((i) => new Futex(words, wordOf(i, "state")));
    const shared = Deno.UnsafePointer.value(Deno.UnsafePointer.of(words));
    const bytes = new Uint8Array(words.buffer);
    for (const i of threads) {
      new BigUint64Array(words.buffer, 4 * wordOf(i, "shared"), 1)[0] = shared;
      words[wordOf(i, "request")] = request;
      const name = new TextEncoder().encode(`vCPU ${i}`).subarray(0, MOST_NAME);
      bytes.set(name, 4 * wordOf(i, "name"));
    }
  }

  /** The address of the words of thread `i`. */
  address(i: number): Deno.PointerObject {
    return Deno.UnsafePointer.of(this.words.subarray(Layout.line * (i + 1)))!;
  }

  /** The state of thread `i`. */
  state(i: number): number {
    return Atomics.load(this.words, wordOf(i, "state"));
  }

  /** Tells thread `i` to run its vCPU, or to end. */
  tell(i: number, state: typeof State.run | typeof State.quit): void {
    Atomics.store(this.words, wordOf(i, "state"), state);
    // Either this sees a sleeper, or who is about to sleep sees the state.
    if (Atomics.load(this.words, wordOf(i, "asleep")) !== 0) this.#states[i]!.wake();
  }

  /** The errno that the last run of thread `i` ended with, or 0. */
  error(i: number): number {
    return this.words[wordOf(i, "error")]!;
  }

  /** Gives thread `i` the file descriptor of its vCPU, which has not run yet: as if it had been interrupted. */
  prepare(i: number, fd: number): void {
    this.words[wordOf(i, "fd")] = fd;
    this.words[wordOf(i, "error")] = Errno.EINTR;
  }

  /** The host's ID of thread `i`. */
  threadId(i: number): number {
    return this.words[wordOf(i, "tid")]!;
  }

  /** To be called before looking at states, so that nothing that happens after it is missed. */
  listen(): void {
    this.#heard = Atomics.load(this.words, Layout.bell);
  }

  /**
   * Waits, on this thread, for the bell, and for all else that the poller watches:
   * for a short while by looking at the bell again and again, if that has been of
   * use lately.
   *
   * @param most The most milliseconds.
   * @returns Whether anything happened.
   */
  sleep(most: number): boolean {
    for (let left = this.#patience; left > 0; left--) {
      if (this.#hasRung) return this.#rewardPatience();
    }
    this.#patience >>= 1;
    const before = performance.now();
    Atomics.add(this.words, Layout.sleepers, 1);
    // Either this sees the bell, or who rings it sees a sleeper.
    const isAwake = this.#hasRung || poller().wait(most);
    Atomics.sub(this.words, Layout.sleepers, 1);
    // Patience is of no use for what else happens.
    if (this.#hasRung && performance.now() - before < SOON) this.#rewardPatience();
    return isAwake;
  }

  /** As {@linkcode sleep}, for the bell alone: whatever else happens is left for later. */
  sleepForBell(most: number): void {
    Atomics.add(this.words, Layout.sleepers, 1);
    if (!this.#hasRung) this.#bellOnly.wait(most);
    Atomics.sub(this.words, Layout.sleepers, 1);
  }

  /** Resolves when the bell rings, or something else happens, or the time is over. @param most In milliseconds; no limit unless given. */
  async rung(most = Infinity): Promise<void> {
    Atomics.add(this.words, Layout.sleepers, 1);
    if (!this.#hasRung) await poller().waitAside(most);
    Atomics.sub(this.words, Layout.sleepers, 1);
  }

  /** Rings the bell. */
  ring(): void {
    Atomics.add(this.words, Layout.bell, 1);
    this.#bell.signal();
  }

  /** Gives the bell back. Nobody may wait for it, and no thread be there. */
  [Symbol.dispose](): void {
    this.#made.dispose();
  }

  get #hasRung(): boolean {
    return Atomics.load(this.words, Layout.bell) !== this.#heard;
  }

  #rewardPatience(): true {
    this.#patience = this.#mostSpins;
    return true;
  }
}

/** The index of a word of thread `i`. */
function wordOf(
  i: number,
  word: Exclude<keyof typeof Layout, "bell" | "spins" | "sleepers" | "bellFd" | "one" | "line">,
) {
  return Layout.line * (i + 1) + Layout[word];
}

/** A wait so short that it would have been better not to sleep, in milliseconds. */
const SOON = 0.5;
