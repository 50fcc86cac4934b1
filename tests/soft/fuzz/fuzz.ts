/** Compares batch after batch, and tells of what differs. */

import type { Case } from "./case.ts";
import { Batch, EndlessCaseError, type Failure, type Kvm } from "./check.ts";
import { describeCase, describeDifferences } from "./describe.ts";
import type { Engine } from "./engines.ts";
import { generate } from "./generator.ts";
import { SLOTS } from "./layout.ts";
import { minimise } from "./minimise.ts";
import type { FuzzOptions } from "./options.ts";

/** Failures that are told in full. */
const MOST_FAILURES = 5;

/** Cases that are run together. */
interface Group {
  /** Of the first. */
  readonly number: number;
  readonly cases: readonly Case[];
}

/** What came of it. */
export interface Tally {
  compared: number;
  failed: number;
  /** Cases that were not the same twice on KVM. */
  unsteady: number;
}

/** The cases that the options ask for, each in the slot that its number gives it. */
function* groups({ seed, first, count }: FuzzOptions): Generator<Group> {
  for (let number = first; number < first + count;) {
    const length = Math.min(SLOTS - number % SLOTS, first + count - number);
    yield { number, cases: Array.from({ length }, (_, i) => generate(seed, number + i)) };
    number += length;
  }
}

/** Compares all that the options ask for. */
export async function fuzz(kvm: Kvm, options: FuzzOptions): Promise<Tally> {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  const tally = { compared: 0, failed: 0, unsteady: 0 };
  const todo = groups(options);
  const begin = () => {
    const group = seconds() < options.seconds ? todo.next().value as Group | undefined : undefined;
    return group && { group, batch: new Batch(kvm, group.cases, group.number % SLOTS) };
  };
  for (let running = begin(); running !== undefined;) {
    // While one batch is compared, KVM runs the next.
    const { group, batch } = running;
    running = begin();
    const { failures, unsteady } = await batch.compare(options.engines);
    for (const failure of failures) {
      if (tally.failed++ < MOST_FAILURES) await report(kvm, options, group, failure);
    }
    tally.unsteady += unsteady;
    tally.compared += group.cases.length;
    const { compared, failed } = tally;
    console.error(`${compared} sequences, ${failed} differ, ${seconds().toFixed(0)} s`);
  }
  return tally;
}

/** How a case alone fails, if it does. */
async function compareOne(
  kvm: Kvm,
  one: Case,
  slot: number,
  engine: Engine,
): Promise<Failure | undefined> {
  try {
    return (await new Batch(kvm, [one], slot).compare([engine])).failures[0];
  } catch (error) {
    // What is left of a loop may have no end.
    if (!(error instanceof EndlessCaseError)) throw error;
  }
}

/** Tells of a failure: the sequence, how to repeat it, and what is left when all else is left out. */
async function report(
  kvm: Kvm,
  { seed }: FuzzOptions,
  group: Group,
  failure: Failure,
): Promise<void> {
  const { engine, differences } = failure;
  const number = group.number + failure.number;
  const slot = number % SLOTS;
  const one = group.cases[failure.number]!;
  console.log(`\nSequence ${number} of seed ${seed} differs (${engine}):`);
  console.log(describeCase(one, slot));
  console.log(differences.length > 0 ? describeDifferences(differences) : "  it never ends");
  const again = (candidate: Case) => compareOne(kvm, candidate, slot, engine);
  const alone = await again(one) !== undefined;
  const [first, count] = alone ? [number, 1] : [group.number, failure.number + 1];
  const repeat = `--seed ${seed} --first ${first} --count ${count} --engine ${engine}`;
  console.log(`To repeat it: deno task fuzz:soft -- ${repeat}`);
  if (!alone) return console.log("It only differs after the sequences before it.");
  const smallest = await minimise(one, async (candidate) => await again(candidate) !== undefined);
  const left = await again(smallest);
  console.log(`\nAs small as can be:\n${describeCase(smallest, slot)}`);
  console.log(describeDifferences(left?.differences ?? []));
}
