/** vCPUs on threads of their own: hands them to the threads, and gathers their exits. */

import type { Vcpu, VcpuThreads } from "../vm/contract.ts";
import { type DeferredWrites, type Exit, type IntrExit, KVM_EXIT_INTR } from "../vm/exit.ts";
import { Errno } from "./errno.ts";
import { setAffinity } from "./host_cpus.ts";
import { vcpu } from "./ioctl.ts";
import { installKickHandler, kick } from "./kick.ts";
import { Mailboxes, State } from "./mailbox.ts";
import { poller } from "./poller.ts";
import { KvmVcpu, runError } from "./vcpu.ts";
import { VcpuThread } from "./vcpu_thread.ts";

/** How long this thread sleeps at a time, in milliseconds: so late may a deferred write come out that nothing follows. */
const SLICE = 20;
/** How many exits may come one after another until everything else that this thread waits for is looked after. */
const MOST_EXITS = 32;
/** How long to wait for a kicked vCPU until it is kicked again, in milliseconds. */
const KICK_PERIOD = 10;

const INTERRUPTED: IntrExit = { reason: KVM_EXIT_INTR };

/** The threads, and the vCPUs that they have been given. */
export class KvmVcpuThreads implements VcpuThreads {
  current?: number;
  hasOthers: () => boolean = () => false;

  readonly #mailboxes: Mailboxes;
  readonly #threads: VcpuThread[] = [];
  #vcpus: readonly KvmVcpu[] = [];
  /** The vCPUs whose exits have been taken and are not answered yet. */
  readonly #taken: boolean[];
  /** The vCPUs whose exits cannot be answered yet. */
  readonly #onHold = new Set<number>();
  /** Deferred writes that cannot be carried out yet; those behind them wait. */
  #held?: DeferredWrites;
  /** The deferred writes that were given out last. */
  #deferred?: DeferredWrites;
  /** Whether `#held` is to come again. */
  #isRetrying = false;
  #quiet = 0;
  /** How many exits have come without a wait. */
  #exits = 0;
  /** Where the search for an exit begins: behind the vCPU that had the last one. */
  #next = 0;

  /** Starts the threads. */
  constructor(count: number) {
    installKickHandler();
    // Looking again and again needs a CPU for each thread, and one more.
    const spin = navigator.hardwareConcurrency > count;
    this.#mailboxes = new Mailboxes(count, vcpu.KVM_RUN, spin);
    this.#taken = new Array(count).fill(true);
    try {
      for (let i = 0; i < count; i++) this.#add(i);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  pin(sets: readonly (readonly number[])[]): void {
    for (const [i, set] of sets.entries()) setAffinity(this.#mailboxes.threadId(i), set);
  }

  attach(vcpus: readonly Vcpu[]): void {
    this.#vcpus = vcpus.filter((vcpu) => vcpu instanceof KvmVcpu);
    this.#vcpus.forEach((vcpu, i) => this.#mailboxes.prepare(i, vcpu.fd));
    this.#taken.fill(true);
    this.#onHold.clear();
    this.#held = undefined;
    this.current = undefined;
  }

  start(): void {
    for (const [i, { page }] of this.#vcpus.entries()) {
      page.immediateExit = false;
      // An exit that nobody has taken is kept.
      if (this.#taken[i] || this.#mailboxes.error(i) === Errno.EINTR) this.#resume(i);
    }
    this.current = undefined;
  }

  stop(): void {
    for (const { page } of this.#vcpus) page.immediateExit = true;
    for (;;) {
      this.#mailboxes.listen();
      const running = this.#vcpus.keys().filter((i) => this.#mailboxes.state(i) === State.run);
      const ids = running.map((i) => this.#mailboxes.threadId(i)).toArray();
      if (ids.length === 0) return;
      ids.forEach(kick);
      this.#mailboxes.sleepForBell(KICK_PERIOD);
    }
  }

  run(): Exit {
    if (this.current !== undefined) this.#resume(this.current);
    this.current = undefined;
    if (++this.#exits >= MOST_EXITS) {
      this.#exits = 0;
      poller().wait(0);
    }
    for (let woke = false;;) {
      this.#mailboxes.listen();
      const i = this.#stopped();
      // What was written before this exit comes out before it.
      const exit = this.#nextDeferred() ?? this.#take(i);
      if (exit !== undefined) {
        this.#quiet = 0;
        return exit;
      }
      if (i >= 0) continue;
      // What this thread was woken for has been done, and was no exit.
      if (woke || this.hasOthers()) return INTERRUPTED;
      this.#exits = 0;
      woke = this.#mailboxes.sleep(SLICE);
      if (woke) this.#quiet = 0;
      else if (!this.#hasDeferred()) {
        this.#quiet += SLICE;
        return INTERRUPTED;
      }
    }
  }

  get quiet(): number {
    return this.#quiet;
  }

  hold(): void {
    if (this.current === undefined) this.#held = this.#deferred;
    else this.#onHold.add(this.current);
    this.current = undefined;
  }

  retry(): void {
    this.#isRetrying = true;
    // Not taken, after all.
    for (const i of this.#onHold) this.#taken[i] = false;
    this.#onHold.clear();
    this.wake();
  }

  /** The thread sleeps no longer than a slice at a time anyway. */
  interruptEvery(): void {}

  async wait(most?: number): Promise<void> {
    this.#mailboxes.listen();
    const hasNews = this.#isRetrying || this.#hasDeferred() || this.#stopped() >= 0;
    if (!hasNews) await this.#mailboxes.rung(most);
  }

  wake(): void {
    this.#mailboxes.ring();
  }

  [Symbol.dispose](): void {
    this.stop();
    for (const i of this.#threads.keys()) this.#mailboxes.tell(i, State.quit);
    for (const thread of this.#threads) thread.join();
    this.#mailboxes[Symbol.dispose]();
    // Whoever still waits for something to do: not by the bell, which nobody watches any more.
    poller().wake();
  }

  /** Starts a thread, and waits until it is there. */
  #add(i: number): void {
    const mailboxes = this.#mailboxes;
    this.#threads.push(new VcpuThread(mailboxes.address(i)));
    for (;;) {
      mailboxes.listen();
      if (mailboxes.state(i) !== State.absent) return;
      mailboxes.sleepForBell(SLICE);
    }
  }

  #resume(i: number): void {
    this.#taken[i] = false;
    this.#mailboxes.tell(i, State.run);
  }

  /** A vCPU that has stopped with an exit that has not been taken, or -1. */
  #stopped(): number {
    // What was written before an exit is not overtaken by it, be it on hold.
    if (this.#held !== undefined) return -1;
    const count = this.#vcpus.length;
    for (let left = count, i = this.#next; left > 0; left--, i = (i + 1) % count) {
      if (!this.#taken[i] && this.#mailboxes.state(i) === State.stopped) return i;
    }
    return -1;
  }

  /** Whether writes wait in the ring, which is the same for all vCPUs. */
  #hasDeferred(): boolean {
    return this.#held === undefined && this.#vcpus[0]?.page.ring?.isWaiting === true;
  }

  #nextDeferred(): DeferredWrites | undefined {
    if (this.#isRetrying) {
      this.#isRetrying = false;
      const held = this.#held;
      this.#held = undefined;
      if (held !== undefined) return held;
    }
    if (!this.#hasDeferred()) return;
    return this.#deferred = this.#vcpus[0]!.page.ring!.take();
  }

  /** The exit of a vCPU that has stopped; nothing if there is none, or it was only kicked: then it runs on. */
  #take(i: number): Exit | undefined {
    if (i < 0) return;
    const error = this.#mailboxes.error(i);
    if (error === Errno.EINTR) {
      this.#resume(i);
      return;
    }
    this.#taken[i] = true;
    if (error !== 0) throw runError(error);
    this.current = i;
    this.#next = (i + 1) % this.#vcpus.length;
    return this.#vcpus[i]!.page.decode();
  }
}
