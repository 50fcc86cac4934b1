/** Counts what a guest made the host do, for `--stats`. */

import { format } from "@std/fmt/bytes";
import type { MmioBus } from "../devices/bus.ts";
import type { Console } from "../devices/console.ts";
import type { Counter, Vcpu } from "../vm/contract.ts";
import { type Exit, exitReasonName, KVM_EXIT_MMIO, KVM_EXIT_UNKNOWN } from "../vm/exit.ts";

/** A vCPU that counts its exits and the time between them. */
export class MeteredVcpu implements Vcpu {
  /** Time spent in `run`, in milliseconds. */
  guestTime = 0;
  /** Writes that came out of the ring of coalesced MMIO, without an exit. */
  deferred = 0;
  /** Exits by reason. */
  readonly exits = new Map<number, number>();
  readonly #vcpu: Vcpu;

  constructor(vcpu: Vcpu) {
    this.#vcpu = vcpu;
  }

  run(): Exit {
    const start = performance.now();
    const exit = this.#vcpu.run();
    this.guestTime += performance.now() - start;
    if (exit.reason === KVM_EXIT_MMIO && exit.deferred) {
      this.deferred++;
      return exit;
    }
    const reason = exit.reason === KVM_EXIT_UNKNOWN ? exit.exitReason : exit.reason;
    this.exits.set(reason, (this.exits.get(reason) ?? 0) + 1);
    return exit;
  }

  init(): void {
    this.#vcpu.init();
  }
  getOneReg(id: bigint): bigint {
    return this.#vcpu.getOneReg(id);
  }
  setOneReg(id: bigint, value: bigint): void {
    this.#vcpu.setOneReg(id, value);
  }
  getRegList(): bigint[] {
    return this.#vcpu.getRegList();
  }
  interruptEvery(milliseconds: number): void {
    this.#vcpu.interruptEvery(milliseconds);
  }
  injectExternalDataAbort(): boolean {
    return this.#vcpu.injectExternalDataAbort();
  }
  counters(): readonly Counter[] {
    return this.#vcpu.counters?.() ?? [];
  }
  [Symbol.dispose](): void {
    this.#vcpu[Symbol.dispose]();
  }
}

/** The table that `--stats` prints. */
export function statsTable(vcpu: MeteredVcpu, bus: MmioBus, console: Console): string {
  const rows: Counter[] = [
    ["time in the guest", `${vcpu.guestTime.toFixed(1)} ms`],
    ...[...vcpu.exits].map(([reason, n]): [string, string] => [exitReasonName(reason), `${n}`]),
    ["writes collected in the kernel", `${vcpu.deferred}`],
    ...[...bus.attachments, bus.unclaimed].map(({ name, reads, writes }): [string, string] => [
      name,
      `${reads} loads, ${writes} stores`,
    ]),
    ...vcpu.counters(),
    ["console output", format(console.bytesOut, { binary: true })],
    ["console input", format(console.bytesIn, { binary: true })],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}
