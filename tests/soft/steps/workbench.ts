/**
 * A guest that runs short pieces of code, the steps of a test, each from given
 * registers up to the exception that ends it, and tells what each has left.
 *
 * ```text
 * 0x1_0000 ┌───────────────┐
 *          │ runner.bin    │ with the exception vectors
 * 0x1_1000 │ steps' code   │
 * 0x2_0000 │ records       │ see record.ts
 * 0x4_0000 │ home tables   │ that map all this, see mmu_code.ts
 * 0x5_0000 │ tables        │ for what a test tries out
 * 0x8_0000 │ free          │ for what a test has in mind
 *          └───────────────┘
 * ```
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { registerId } from "../../../kvm/registers.ts";
import { run } from "../../../main.ts";
import { RAM_BASE } from "../../../machine/layout.ts";
import { TinyMachine } from "../../../machine/tiny.ts";
import type { System } from "../../../vm/contract.ts";
import type { GuestMemory } from "../../../vm/guest_memory.ts";
import { emptyReader, MemoryWriter } from "../../streams.ts";
import { bytesOf, type Code, code } from "../assembly/code.ts";
import { Record, RECORD_SIZE } from "./record.ts";

/** Where things are in physical memory. */
export const Place = {
  runner: RAM_BASE,
  code: 0x1_1000,
  records: 0x2_0000,
  homeTables: 0x4_0000,
  tables: 0x5_0000,
  free: 0x8_0000,
  end: 0x40_0000,
} as const;

/** Longer than any test needs, in milliseconds, in an emulated box as well. */
export const LIMIT = 120_000;

const MASKED = 0x3c0n;
const EL1T = 0b0100n;

/** Ends a step. */
const end = code`svc #0`;

/** What a step starts with. */
export interface Start {
  /** At which exception level it runs: 1 unless given. */
  readonly el?: 0 | 1;
  /** X0 and so on; the rest are 0. */
  readonly x?: readonly bigint[];
  readonly sp?: bigint;
  /** N, Z, C and V in bits 3 to 0. */
  readonly nzcv?: bigint;
  /** Where it starts, if not at its code. */
  readonly pc?: bigint;
}

/** A machine with steps to run. */
export class Workbench implements Disposable {
  readonly machine: TinyMachine;
  /** What is to be added to a physical address to reach code and records: steps from now on run there. */
  home = 0n;
  #steps = 0;
  #nextCode: number = Place.code;
  /** Steps' code that is in memory already, by its assembly language. */
  readonly #placed = new Map<string, number>();

  constructor(system: System) {
    this.machine = new TinyMachine(system, {
      program: Deno.readFileSync(new URL("runner.bin", import.meta.url)),
      memory: Place.end - RAM_BASE,
      input: emptyReader,
      output: new MemoryWriter(),
    });
    this.machine.vcpu.setOneReg(registerId("sp_el1"), BigInt(Place.records));
  }

  get memory(): GuestMemory {
    return this.machine.memory;
  }

  /** Puts code in memory, at a physical address or where there is room; code that does not end goes on with svc. */
  place(piece: Code, at?: number): number {
    const words = [...piece.words, ...end.words];
    const key = piece.lines.join("\n");
    const known = at ?? this.#placed.get(key);
    const place = known ?? this.#nextCode;
    if (known === undefined) {
      this.#placed.set(key, place);
      this.#nextCode += 4 * words.length;
      assert(this.#nextCode <= Place.records, "there is no more room for code");
    }
    this.memory.write(place, bytesOf(words));
    return place;
  }

  /** Adds a step: code, and the svc that ends it if nothing else does. Its record is filled by {@linkcode run}. */
  add(piece: Code, { el = 1, x = [], sp = 0n, nzcv = 0n, pc }: Start = {}): Record {
    const at = pc ?? this.address(this.place(piece));
    const record = new Record(this.memory, Place.records + this.#steps++ * RECORD_SIZE);
    record.set("go", 1n);
    record.set("pc", at);
    record.set("pstate", nzcv << 28n | MASKED | (el === 1 ? EL1T : 0n));
    record.set("spEl0", sp);
    record.setX(x);
    return record;
  }

  /** Where code or a record at a physical address is for the steps to come. */
  address(physical: number): bigint {
    return BigInt.asUintN(64, this.home + BigInt(physical));
  }

  /** Where the next step's record is. */
  get nextRecord(): bigint {
    return this.address(Place.records + this.#steps * RECORD_SIZE);
  }

  /** Runs the steps. */
  async run(): Promise<void> {
    const how = await run(this.machine, AbortSignal.timeout(LIMIT));
    assertEquals(how, { kind: "shutdown" }, "the runner did not come to its end");
  }

  [Symbol.dispose](): void {
    this.machine[Symbol.dispose]();
  }
}
