/** Starts the threads that vCPUs run on, and ends them. */

import { type Mailboxes, State } from "./mailbox.ts";
import { syscallNumber } from "./syscall.ts";
import type { VcpuWorkerStart } from "./vcpu_worker.js";
import workerSource from "./vcpu_worker.js" with { type: "text" };

/** One thread for each mailbox, which does the same ioctl again and again, when it is told to. */
export class Workers implements AsyncDisposable {
  /** Resolves when all are there. */
  readonly ready: Promise<void>;
  readonly #mailboxes: Mailboxes;
  readonly #ended: Promise<unknown>[];

  /** @param request The ioctl's number; its file descriptor is in the mailbox. */
  constructor(mailboxes: Mailboxes, request: number) {
    this.#mailboxes = mailboxes;
    const blob = new Blob([workerSource], { type: "text/javascript" });
    const url = URL.createObjectURL(blob);
    this.#ended = Array.from({ length: mailboxes.count }, (_, i) => {
      const worker = new Worker(url, { type: "module", name: `vCPU ${i}` });
      const start: VcpuWorkerStart = {
        words: mailboxes.words,
        at: mailboxes.indices(i),
        stopped: State.stopped,
        quit: State.quit,
        request,
        gettid: syscallNumber("gettid"),
      };
      worker.postMessage(start);
      return new Promise((resolve, reject) => {
        worker.onmessage = resolve;
        worker.onerror = (event) => reject(new Error(`a vCPU's thread failed: ${event.message}`));
      });
    });
    this.ready = this.#allThere().finally(() => URL.revokeObjectURL(url));
  }

  async #allThere(): Promise<void> {
    const failed = Promise.race(this.#ended);
    for (let i = 0; i < this.#mailboxes.count; i++) {
      for (;;) {
        this.#mailboxes.listen();
        if (this.#mailboxes.state(i) !== State.absent) break;
        await Promise.race([this.#mailboxes.rung(), failed]);
      }
    }
  }

  /** Ends the threads, which must be stopped. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.ready;
    for (let i = 0; i < this.#mailboxes.count; i++) this.#mailboxes.tell(i, State.quit);
    await Promise.all(this.#ended);
  }
}
