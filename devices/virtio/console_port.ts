/** The two directions of a virtio console's port: bytes between a queue of the driver's and the host's console. */

import type { Console } from "../console.ts";
import type { Chain } from "./chain.ts";
import type { VirtioHost } from "./device.ts";
import type { SplitQueue } from "./split_queue.ts";

/** One direction: a queue, and at most one chain that is not done with. */
abstract class Direction {
  /** The chain that is held cannot go on without the console. */
  isWaiting = false;
  protected readonly console: Console;
  readonly #index: number;
  #host?: VirtioHost;
  #chain?: Chain;
  #isHeld = false;

  constructor(console: Console, index: number) {
    this.console = console;
    this.#index = index;
  }

  /** A chain has been taken. */
  protected abstract begin(): void;
  /** Carries bytes between a chain and the console. @returns How many have been written to the chain; nothing if it is not done with yet. */
  protected abstract carry(chain: Chain): number | undefined;
  /** Resolves when {@linkcode carry} may be tried again; false if that is of no use any more. */
  protected abstract progress(): Promise<boolean>;

  /** The driver is ready: does what there is to do. */
  start(host: VirtioHost): void {
    this.#host = host;
    this.#chain = host.queues[this.#index]?.newChain();
    this.#isHeld = false;
    this.work();
  }

  /** Does nothing more. Input that has not been given stays where it is. */
  stop(): void {
    this.#host = undefined;
  }

  /** Does what there is to do, but so much at the most that others have their turn: a driver may offer more and more. */
  work(): void {
    const host = this.#host;
    // A driver may take a queue away from a device that runs.
    const queue = host?.queues[this.#index];
    if (host === undefined || queue === undefined) return;
    for (let left = queue.size; left > 0 && this.#take(queue); left--) {
      const written = this.carry(this.#chain!);
      if (written === undefined) break;
      this.#isHeld = false;
      queue.give(this.#chain!.head, written);
    }
    if (this.#isHeld) {
      queue.ignore();
      this.#wait();
    } else if (!queue.listen()) {
      host.again(queue);
    }
    if (queue.fault !== undefined) host.needsReset(queue.fault);
    host.used(queue);
  }

  /** Takes the next chain, unless there is one in hand. */
  #take(queue: SplitQueue): boolean {
    if (this.#isHeld) return true;
    if (!queue.take(this.#chain!)) return false;
    this.begin();
    return this.#isHeld = true;
  }

  /** Goes on when the console does. However often a driver resets the device meanwhile, this happens once. */
  #wait(): void {
    if (this.isWaiting) return;
    this.isWaiting = true;
    this.progress().then((isUseful) => {
      this.isWaiting = false;
      if (isUseful) this.work();
    });
  }
}

/** What is typed, into chains. The host is asked for input only when the guest has room for it. */
export class Input extends Direction {
  protected begin(): void {}

  protected carry(chain: Chain): number | undefined {
    // Nothing fits into it.
    if (chain.writableBytes === 0) return 0;
    const bytes = this.console.take(chain.writableBytes);
    return bytes.length === 0 ? undefined : chain.write(0, bytes);
  }

  protected progress(): Promise<boolean> {
    return this.console.ask();
  }
}

/** What the guest prints, out of chains. */
export class Output extends Direction {
  /** How many of the chain's bytes have been printed. */
  #printed = 0;
  #isFlushing = false;

  protected begin(): void {
    this.#printed = 0;
  }

  protected carry(chain: Chain): number | undefined {
    const rest = chain.readableBytes - this.#printed;
    for (const piece of chain.readablePieces(this.#printed, rest)) {
      const printed = this.console.put(piece);
      this.#printed += printed;
      if (printed < piece.length) return undefined;
    }
    this.#flushSoon();
    return 0;
  }

  protected async progress(): Promise<boolean> {
    await this.console.room();
    return true;
  }

  /** Has the output written when this thread has done all that is to be done at once: a driver may print a few bytes at a time. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      this.console.flush();
    });
  }
}
