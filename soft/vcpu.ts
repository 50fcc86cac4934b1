/** One virtual CPU in software: KVM's interface over the dispatcher. */

import type { Counter, Vcpu } from "../vm/contract.ts";
import {
  type Exit,
  type IntrExit,
  KVM_EXIT_ARM_NISV,
  KVM_EXIT_INTR,
  KVM_EXIT_SYSTEM_EVENT,
} from "../vm/exit.ts";
import type { Trace } from "../vm/trace.ts";
import { HOST_ROOM } from "../vm/guest_memory.ts";
import { MemoryAccess, Stop } from "./access.ts";
import { CodeCache } from "./code_cache.ts";
import { CpuState } from "./cpu_state.ts";
import { Dispatcher, type SoftOptions } from "./dispatcher.ts";
import { HostCalls } from "./host_calls.ts";
import { JumpCache } from "./jump_cache.ts";
import { Mmu } from "./mmu.ts";
import { getOneReg, getRegList, setOneReg } from "./one_reg.ts";
import type { Ram } from "./ram.ts";
import { State, STATE_SIZE } from "./state.ts";
import { SystemSide } from "./system.ts";
import { SystemResult } from "./system_result.ts";

/** How many instructions are executed between two looks at the clock: a fraction of a millisecond. */
const SLICE = 200_000;

/** Rt of the instructions of the system side. */
const REGISTER_MASK = 31;

/** A vCPU that translates its guest's code. */
export class SoftVcpu implements Vcpu {
  readonly #cpu: CpuState;
  readonly #system: SystemSide;
  readonly #memory: MemoryAccess;
  readonly #cache: CodeCache;
  readonly #dispatcher: Dispatcher;
  readonly #host: HostCalls;
  readonly #trace: Trace;

  readonly #intr: IntrExit = { reason: KVM_EXIT_INTR };
  /** The system event that the guest has asked for. */
  #event?: number;
  /** The guest has switched this vCPU off; there is no other to switch it on. */
  #off = false;
  /** The period of interruptEvery in milliseconds, 0 for none, and when it is over. */
  #period = 0;
  #deadline = Infinity;
  /** What a waiting vCPU sleeps on; nobody wakes it early. */
  readonly #sleep = new Int32Array(new SharedArrayBuffer(4));

  constructor(ram: Ram, id: number, trace: Trace, options: SoftOptions) {
    const base = ram.memory.buffer.byteLength - HOST_ROOM + id * STATE_SIZE;
    this.#trace = trace;
    const cpu = new CpuState(ram.memory, base);
    const mmu = new Mmu(cpu, ram);
    this.#cpu = cpu;
    this.#system = new SystemSide(cpu, mmu, {
      now: () => BigInt(Math.round(performance.now() * 1e6)),
      systemEvent: (type) => this.#event = type,
    }, id);
    const jumps = new JumpCache(cpu);
    this.#cache = new CodeCache(jumps);
    this.#memory = new MemoryAccess(cpu, mmu, ram, this.#cache);
    const host = this.#host = new HostCalls(cpu, this.#memory, (word) => this.#systemCall(word));
    this.#dispatcher = new Dispatcher({
      cpu,
      mmu,
      ram,
      memory: this.#memory,
      cache: this.#cache,
      jumps,
      host,
      options,
    });
  }

  init(): void {
    this.#system.reset();
    this.#memory.pending = undefined;
    this.#off = false;
    this.#forgetTranslations();
    this.#trace.step("Set vCPU type to a software CPU, Armv8.0-A, with PSCI 0.2");
    this.#trace.step(`Place its state in memory, ${STATE_SIZE} bytes`);
  }

  getOneReg(id: bigint): bigint {
    return getOneReg(this.#system, id);
  }

  setOneReg(id: bigint, value: bigint): void {
    setOneReg(this.#system, id, value);
    // It may have been one that translation depends on.
    this.#forgetTranslations();
  }

  getRegList(): bigint[] {
    return getRegList();
  }

  run(): Exit {
    if (this.#memory.pending?.kind === "mmio") this.#memory.completeMmio();
    this.#memory.pending = undefined;
    for (;;) {
      if (this.#off) return this.#wait();
      // Before the guest goes on: one that exits all the time must be interrupted as well.
      if (performance.now() >= this.#deadline) return this.#interrupt();
      if (this.#dispatcher.run(SLICE)) return this.#exit();
    }
  }

  interruptEvery(milliseconds: number): void {
    this.#period = milliseconds;
    this.#deadline = milliseconds === 0 ? Infinity : performance.now() + milliseconds;
  }

  injectExternalDataAbort(): boolean {
    this.#memory.abortPending();
    return true;
  }

  /** What the vCPU's code has cost so far. */
  counters(): readonly Counter[] {
    const { instructions, interpreted, regions, blocks, translated, translationTime } =
      this.#dispatcher.counts;
    return [
      ["instructions", `${instructions}, of which ${interpreted} interpreted`],
      ["translated", `${regions} regions, ${blocks} blocks, ${translated} instructions`],
      ["time translating", `${translationTime.toFixed(1)} ms`],
      ["invalidated", `${this.#cache.invalidations} regions; ${this.#cache.flushes} times all`],
      ["TLB misses", `${this.#memory.tlbMisses}`],
    ];
  }

  [Symbol.dispose](): void {
    this.#cache.flush();
  }

  #exit(): Exit {
    const pending = this.#memory.pending;
    if (pending?.kind === "mmio") return this.#memory.mmio;
    if (pending !== undefined) {
      const { esrIss, faultIpa } = pending;
      return { reason: KVM_EXIT_ARM_NISV, esrIss, faultIpa };
    }
    if (this.#event !== undefined) {
      const type = this.#event;
      this.#event = undefined;
      return { reason: KVM_EXIT_SYSTEM_EVENT, type };
    }
    // WFI: as in KVM, the end of the wait is the end of the instruction.
    return this.#wait();
  }

  #interrupt(): IntrExit {
    this.#deadline = performance.now() + this.#period;
    return this.#intr;
  }

  /** Sleeps until the period is over: no interrupt can come, and one only ends the wait. */
  #wait(): IntrExit {
    const left = this.#deadline - performance.now();
    if (left > 0) Atomics.wait(this.#sleep, 0, 0, left);
    return this.#interrupt();
  }

  #systemCall(word: number): void {
    const cpu = this.#cpu;
    cpu.u32[State.STOP / 4] = Stop.redirected;
    switch (this.#system.execute(word)) {
      case SystemResult.translation:
      case SystemResult.invalidateTlb:
        this.#forgetTranslations();
        break;
      case SystemResult.wait:
        cpu.u32[State.STOP / 4] = Stop.exit;
        break;
      case SystemResult.off:
        this.#off = true;
        cpu.u32[State.STOP / 4] = Stop.exit;
        break;
      case SystemResult.exit:
        cpu.u32[State.STOP / 4] = Stop.exit;
        break;
      case SystemResult.zeroBlock:
        cpu.u32[State.STOP / 4] = Stop.none;
        this.#host.zeroBlock(cpu.x(word & REGISTER_MASK));
        if (cpu.u32[State.STOP / 4] === Stop.none) cpu.pc += 4n;
        break;
        // A change of mode needs nothing: TLBs and jump caches are kept for each exception level. Nor
        // does IC: stores to translated code are noticed.
    }
  }

  #forgetTranslations(): void {
    this.#memory.flushTlb();
    this.#dispatcher.forgetAddresses();
  }
}
