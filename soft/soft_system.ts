/** The software CPU as a source of virtual machines, on any host. */

import type { System } from "../vm/contract.ts";
import { silent, type Trace } from "../vm/trace.ts";
import type { SoftOptions } from "./dispatcher.ts";
import { SoftVm } from "./vm.ts";

/** Virtual machines whose guests' code is translated to WebAssembly. */
export class SoftSystem implements System {
  readonly accel = "soft";
  readonly #trace: Trace;
  readonly #options: SoftOptions;

  /** Nothing to open, nothing that can fail. */
  constructor(trace: Trace = silent, options: SoftOptions = {}) {
    this.#trace = trace;
    this.#options = options;
  }

  createVm(memory: WebAssembly.Memory): SoftVm {
    return new SoftVm(memory, this.#trace, this.#options);
  }

  [Symbol.dispose](): void {}
}
