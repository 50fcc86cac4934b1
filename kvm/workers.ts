/** Starts the threads that vCPUs run on, and ends them. */

import { type Mailboxes, State } from "./mailbox.ts";
import { syscallNumber } from "./syscall.ts";
import type { VcpuWorkerStart } from "./vcpu_worker.js";
import workerSource from "./vcpu_worker.js" with { type: "text" };

/** One thread for each mailbox, which does the same ioctl again and again, when it is told to. */
export class Workers implements AsyncDisposable {
  /** Resolves when the first is there. */
  readonly ready: Promise<void>;
  /** Told of each thread that is there. */
  onThere: (i: number) => void = () => {};
  readonly #mailboxes: Mailboxes;
  readonly #request: number;
  readonly #url: string;
  /** Resolve when a thread has ended. */
  readonly #ended: Promise<unknown>[] = [];
  #others?: Promise<void>;
  #isEnding = false;

  /** Starts the first. @param request The ioctl's number; its file descriptor is in the mailbox. */
  constructor(mailboxes: Mailboxes, request: number) {
    this.#mailboxes = mailboxes;
    this.#request = request;
    this.#url = URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));
    this.ready = this.#add();
  }

  /** Starts the others, one by one: each keeps this thread busy for a while, and nobody should wait for that. */
  startOthers(): Promise<void> {
    return this.#others ??= this.#addOthers();
  }

  async #addOthers(): Promise<void> {
    await this.ready;
    while (this.#ended.length < this.#mailboxes.count && !this.#isEnding) {
      // Something else may be waiting for its turn.
      await new Promise((resolve) => setTimeout(resolve, 0));
      await this.#add();
    }
    URL.revokeObjectURL(this.#url);
  }

  /** Starts a thread; resolves when it is there. */
  async #add(): Promise<void> {
    const i = this.#ended.length;
    const worker = new Worker(this.#url, { type: "module", name: `vCPU ${i}` });
    const ended = new Promise((resolve, reject) => {
      worker.onmessage = resolve;
      worker.onerror = (event) => reject(new Error(`a vCPU's thread failed: ${event.message}`));
    });
    this.#ended.push(ended);
    const start: VcpuWorkerStart = {
      words: this.#mailboxes.words,
      at: this.#mailboxes.indices(i),
      stopped: State.stopped,
      quit: State.quit,
      request: this.#request,
      gettid: syscallNumber("gettid"),
    };
    worker.postMessage(start);
    for (;;) {
      this.#mailboxes.listen();
      if (this.#mailboxes.state(i) !== State.absent) return this.onThere(i);
      await Promise.race([this.#mailboxes.rung(), ended]);
    }
  }

  /** Ends the threads, which must be stopped; those that are not there yet never will be. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isEnding = true;
    await this.startOthers();
    for (const i of this.#ended.keys()) this.#mailboxes.tell(i, State.quit);
    await Promise.all(this.#ended);
  }
}
