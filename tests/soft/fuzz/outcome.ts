/** What a case left, and how two of that differ. */

import { OUTPUT_SIZE, type OutputField, outputFields, REGISTERS } from "./layout.ts";

const NAMES = [...Array.from({ length: REGISTERS }, (_, n) => `x${n}`), ...outputFields];

const EC_SHIFT = 26n;
/** The exception classes that define FAR_EL1: aborts, PC alignment, from EL0 or EL1. */
const HAVE_FAR = [0x20n, 0x21n, 0x22n, 0x24n, 0x25n];

/** The output record of one case. */
export class Outcome {
  /** X0 to X30, then {@linkcode outputFields}. */
  readonly words: BigUint64Array;

  /** @param outputs The records of all cases, whose part is not copied. */
  constructor(outputs: Uint8Array, number: number) {
    this.words = new BigUint64Array(
      outputs.buffer,
      outputs.byteOffset + number * OUTPUT_SIZE,
      NAMES.length,
    );
    // FAR_EL1 is UNKNOWN after other exceptions.
    const ec = this.field("esr_el1") >> EC_SHIFT;
    if (!HAVE_FAR.includes(ec)) this.words[REGISTERS + outputFields.indexOf("far_el1")] = 0n;
  }

  /** An outcome of these words. */
  static of(words: readonly bigint[]): Outcome {
    return new Outcome(new Uint8Array(BigUint64Array.from(words).buffer), 0);
  }

  field(name: OutputField): bigint {
    return this.words[REGISTERS + outputFields.indexOf(name)]!;
  }
}

/** A word in which two outcomes differ. */
export interface Difference {
  readonly name: string;
  readonly kvm: bigint;
  readonly soft: bigint;
}

/** All differences. */
export function differences(kvm: Outcome, soft: Outcome): Difference[] {
  const found: Difference[] = [];
  for (let i = 0; i < kvm.words.length; i++) {
    const [a, b] = [kvm.words[i]!, soft.words[i]!];
    if (a !== b) found.push({ name: NAMES[i]!, kvm: a, soft: b });
  }
  return found;
}
