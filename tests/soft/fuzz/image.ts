/** Makes the image of some cases: a program for the tiny machine, which runs one after the other. */

import type { Case } from "./case.ts";
import { initialState, SCTLR, TCR } from "./initial_state.ts";
import {
  CODE,
  DRIVER,
  END,
  HIGH,
  INPUT_SIZE,
  inputFields,
  OUTPUT_SIZE,
  PAGE,
  PARAMETERS,
  parameters,
  PATTERN,
  REGISTERS,
  SLOT_SIZE,
  SLOT_WORDS,
  slotAddress,
  SLOTS,
  TABLES,
  wholePages,
} from "./layout.ts";
import { SCRATCH, scratchPage, scratchPattern, WRITABLE_PAGES } from "./scratch.ts";
import { Tables } from "./tables.ts";

/** An image, ready to run. */
export interface Image {
  readonly program: Uint8Array;
  /** The RAM it needs. */
  readonly memory: number;
  /** The physical address of the outputs, and their length in bytes. */
  readonly outputs: number;
  readonly outputsLength: number;
}

/** What the driver has to know, beside where things are. */
const MAIR_NORMAL_CACHED = 0xffn;
const BLOCK = 0x20_0000;
/** Where driver.s has the label `high`. */
const HIGH_ENTRY = 0x3c;

const driver = Deno.readFileSync(new URL("driver.bin", import.meta.url));

/**
 * Puts cases into an image.
 *
 * @param firstSlot The slot of the first; results depend a little on where code is.
 * @param passes How often all cases are run; the last time counts. What a CPU or
 * KVM does only when a page is met for the first time is over by the second.
 */
export function buildImage(cases: readonly Case[], firstSlot = 0, passes = 1): Image {
  const inputs = CODE + wholePages(SLOTS * SLOT_SIZE);
  const outputs = inputs + wholePages(cases.length * INPUT_SIZE);
  const outputsLength = cases.length * OUTPUT_SIZE;
  const end = outputs + wholePages(outputsLength);
  const image = new ImageWriter(outputs);
  image.put(DRIVER, driver);
  image.putTables(end);
  image.put(PATTERN, scratchPattern());
  image.put(scratchPage(0), scratchPattern());
  image.putParameters(inputs, outputs, cases.length, passes);
  cases.forEach((one, i) => image.putCase(one, firstSlot + i, inputs + i * INPUT_SIZE));
  return { program: image.bytes, memory: end - DRIVER, outputs, outputsLength };
}

class ImageWriter {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #roots = [0n, 0n];

  constructor(end: number) {
    this.bytes = new Uint8Array(end - DRIVER);
    this.#view = new DataView(this.bytes.buffer);
  }

  put(address: number, bytes: Uint8Array): void {
    this.bytes.set(bytes, address - DRIVER);
  }

  putTables(end: number): void {
    const low = new Tables(TABLES);
    const forEverybody = { el0: true, readOnly: true, code: true };
    low.mapPage(BigInt(DRIVER), DRIVER, { readOnly: true, code: true });
    for (let page = CODE; page < CODE + SLOTS * SLOT_SIZE; page += PAGE) {
      low.mapPage(BigInt(page), page, forEverybody);
    }
    for (const { address, physical, permissions } of SCRATCH) {
      if (physical !== undefined) low.mapPage(address, scratchPage(physical), permissions);
    }
    const high = new Tables(TABLES + low.pages.length * PAGE);
    for (let block = 0; block < end; block += BLOCK) {
      high.mapBlock(HIGH + BigInt(block), block, { code: true });
    }
    if (high.base + high.pages.length * PAGE > PATTERN) throw new RangeError("too many tables");
    this.put(low.base, low.bytes());
    this.put(high.base, high.bytes());
    this.#roots = [BigInt(low.base), BigInt(high.base)];
  }

  putParameters(inputs: number, outputs: number, count: number, passes: number): void {
    const values: Record<typeof parameters[number], bigint> = {
      mair: MAIR_NORMAL_CACHED,
      tcr: TCR,
      ttbr0: this.#roots[0]!,
      ttbr1: this.#roots[1]!,
      sctlr: BigInt(SCTLR),
      high: HIGH + BigInt(DRIVER + HIGH_ENTRY),
      input: HIGH + BigInt(inputs),
      output: HIGH + BigInt(outputs),
      left: BigInt(count),
      passes: BigInt(passes - 1),
      count: BigInt(count),
      pattern: HIGH + BigInt(PATTERN),
      scratch: HIGH + BigInt(scratchPage(0)),
      scratchSize: BigInt(WRITABLE_PAGES * PAGE),
    };
    parameters.forEach((name, i) => this.#put64(PARAMETERS + 8 * i, values[name]));
  }

  putCase(one: Case, slot: number, input: number): void {
    const address = slotAddress(slot);
    for (let i = 0; i < SLOT_WORDS; i++) {
      this.#view.setUint32(address - DRIVER + 4 * i, one.code[i] ?? END, true);
    }
    const state = initialState(one, address);
    state.x.forEach((value, i) => this.#put64(input + 8 * i, value));
    inputFields.forEach((name, i) => this.#put64(input + 8 * (REGISTERS + i), state[name]));
  }

  #put64(address: number, value: bigint): void {
    this.#view.setBigUint64(address - DRIVER, value, true);
  }
}
