/** Waits for many things at once (epoll(7)): what each file descriptor is ready for is its watcher's to do. */

import { EventFd } from "./eventfd.ts";
import { hotLibc, libc } from "./libc.ts";
import { syscall } from "./syscall.ts";

const EPOLL_CLOEXEC = 0o2000000n;
const EPOLL_CTL_ADD = 1n;
const EPOLL_CTL_DEL = 2n;
const EPOLLIN = 1;
/** Tells of each change once. What is counted need not be read, then, to be told of the next. */
const EPOLLET = 1 << 31;

/** `struct epoll_event` in words: the events, and two of data, for which x86-64 alone leaves no gap. */
const DATA = Deno.build.arch === "x86_64" ? 1 : 2;
const EVENT_WORDS = DATA + 2;
/** How many events one wait brings at the most; the others come with the next. */
const MOST_EVENTS = 32;

/** What to do when something is ready. */
type Watcher = () => void;

/** Room for the events of a wait. */
const newEvents = () => new Uint32Array(new ArrayBuffer(4 * EVENT_WORDS * MOST_EVENTS));

/** Whom a thread waits for. */
export class Poller implements Disposable {
  readonly #fd = Number(syscall("epoll_create1", EPOLL_CLOEXEC));
  readonly #watchers = new Map<number, Watcher>();
  /** Ends a wait, whatever else is watched or not any more. */
  readonly #alarm = new EventFd();
  /** The wait that is under way aside. */
  #aside?: Promise<number>;
  readonly #events = newEvents();
  readonly #bytes = new Uint8Array(this.#events.buffer);
  /** Another room: the kernel fills it on another thread. */
  readonly #eventsAside = newEvents();

  constructor() {
    this.watch(this.#alarm.fd, () => {});
  }

  /**
   * Has something done, during a wait, whenever a file descriptor has become ready
   * to be read; also if it is already.
   *
   * @returns Ends that; to be called before it is closed.
   */
  watch(fd: number, watcher: Watcher): Disposable {
    const event = newEvents();
    event[0] = EPOLLIN | EPOLLET;
    event[DATA] = fd;
    this.#control(EPOLL_CTL_ADD, fd, new Uint8Array(event.buffer));
    this.#watchers.set(fd, watcher);
    return {
      [Symbol.dispose]: () => {
        this.#control(EPOLL_CTL_DEL, fd, null);
        this.#watchers.delete(fd);
      },
    };
  }

  /** Waits on this thread. @param most The most milliseconds; 0 only looks. @returns Whether anything was ready. */
  wait(most: number): boolean {
    // A signal ends it as well: then nothing was ready.
    const count = hotLibc().epoll_wait(this.#fd, this.#bytes, MOST_EVENTS, most);
    return this.#handle(this.#events, count);
  }

  /**
   * Resolves when something is ready, or the time is over. There is one such wait
   * at a time: another one ends it.
   *
   * @param most In milliseconds; no limit if infinite.
   */
  async waitAside(most: number): Promise<void> {
    while (this.#aside !== undefined) {
      this.wake();
      await this.#aside;
    }
    const bytes = new Uint8Array(this.#eventsAside.buffer);
    const timeout = most === Infinity ? -1 : most;
    const waiting = this.#aside = libc().epollWaitAside(this.#fd, bytes, MOST_EVENTS, timeout);
    const count = await waiting;
    this.#aside = undefined;
    this.#handle(this.#eventsAside, count);
  }

  /** Ends a wait. */
  wake(): void {
    this.#alarm.signal();
  }

  [Symbol.dispose](): void {
    this.#alarm[Symbol.dispose]();
    libc().close(this.#fd);
  }

  #handle(events: Uint32Array, count: number): boolean {
    for (let i = 0; i < count; i++) {
      // A watcher may have ended another one's watch.
      this.#watchers.get(events[EVENT_WORDS * i + DATA]!)?.();
    }
    return count > 0;
  }

  #control(operation: bigint, fd: number, event: Uint8Array<ArrayBuffer> | null): void {
    syscall("epoll_ctl", BigInt(this.#fd), operation, BigInt(fd), event);
  }
}

let shared: Poller | undefined;

/** The one of this thread, which can wait in one place only. */
export function poller(): Poller {
  return shared ??= new Poller();
}
