/** The software CPU as a source of virtual machines, on any host. */

import type { System } from "../vm/contract.ts";
import { OrchidError } from "../vm/error.ts";
import { silent, type Trace } from "../vm/trace.ts";
import type { SoftOptions } from "./dispatcher.ts";
import { SoftVm } from "./vm.ts";

/** What is asked of the software CPU is more than it can do. */
export class SoftCpuError extends OrchidError {}

/** Translated code has 32-bit addresses. */
const MEMORY_LIMIT = 2 ** 32;

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

  /** @throws {SoftCpuError} if the memory is larger than the software CPU reaches. */
  createVm(memory: WebAssembly.Memory): SoftVm {
    if (memory.buffer.byteLength >= MEMORY_LIMIT) {
      throw new SoftCpuError(
        "the software CPU reaches less than 4 GiB of memory; give the guest 4094M at most",
      );
    }
    return new SoftVm(memory, this.#trace, this.#options);
  }

  [Symbol.dispose](): void {}
}
