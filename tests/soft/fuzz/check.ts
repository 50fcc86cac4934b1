/** Runs cases on KVM and on the software CPU, and finds those that end differently. */

import type { Case } from "./case.ts";
import { type Engine, runOnSoft } from "./engines.ts";
import { buildImage, type Image } from "./image.ts";
import { type Difference, differences, Outcome } from "./outcome.ts";
import type { ImageResult } from "./run_image.ts";

/** Where images are run on real KVM. */
export interface Kvm {
  run(image: Image, milliseconds: number): Promise<ImageResult>;
}

/** A case that ends differently. */
export interface Failure {
  /** Which of the cases. */
  readonly number: number;
  readonly engine: Engine;
  /** Empty if it did not end at all. */
  readonly differences: readonly Difference[];
}

/** How a comparison went. */
export interface Verdict {
  readonly failures: readonly Failure[];
  /** Cases that KVM itself ended differently when asked again: an exclusive store may fail at any time. */
  readonly unsteady: number;
}

/** A case never ends on KVM: the generator is at fault. */
export class EndlessCaseError extends Error {
  override name = "EndlessCaseError";

  constructor(readonly number: number) {
    super(`case ${number} never ends on KVM`);
  }
}

/** Time for an image, in milliseconds, and more for each case: the box is slow, and hosts are busy. */
const IMAGE_TIME = 10_000;
const CASE_TIME = 30;
/** What the first run of an image on KVM ends differently is run again, with pages that are no longer new. */
const PASSES_AGAIN = 2;

/** Some cases, on their way through KVM and the software CPU. */
export class Batch {
  readonly #cases: readonly Case[];
  readonly #firstSlot: number;
  readonly #kvm: Kvm;
  readonly #image: Image;
  readonly #milliseconds: number;
  readonly #first: Promise<ImageResult>;

  /** Starts the run on KVM. */
  constructor(kvm: Kvm, cases: readonly Case[], firstSlot: number) {
    this.#kvm = kvm;
    this.#cases = cases;
    this.#firstSlot = firstSlot;
    this.#image = buildImage(cases, firstSlot);
    this.#milliseconds = IMAGE_TIME + CASE_TIME * cases.length;
    this.#first = kvm.run(this.#image, this.#milliseconds);
    // Reported by whoever waits for it.
    this.#first.catch(() => {});
  }

  /**
   * Runs the cases on the software CPU, and compares.
   *
   * @throws {EndlessCaseError} if a case never ends on KVM.
   */
  async compare(engines: readonly Engine[]): Promise<Verdict> {
    const runs = new Map<Engine, ImageResult>();
    for (const engine of engines) {
      runs.set(engine, await runOnSoft(this.#image, engine, this.#milliseconds));
    }
    const kvm = await this.#first;
    const count = this.#cases.length;
    if (kvm.left > 0) throw new EndlessCaseError(count - kvm.left);
    const suspects = [...runs].flatMap(([engine, run]) => findFailures(engine, kvm, run, count));
    if (suspects.length === 0) return { failures: [], unsteady: 0 };
    const again = await this.#runAgain();
    const failures = [...runs].flatMap(([engine, run]) => findFailures(engine, again, run, count))
      .filter(({ number }) => suspects.some((suspect) => suspect.number === number));
    const failed = new Set(failures.map(({ number }) => number));
    const unsteady = new Set(suspects.map(({ number }) => number)).difference(failed).size;
    return { failures, unsteady };
  }

  async #runAgain(): Promise<ImageResult> {
    const image = buildImage(this.#cases, this.#firstSlot, PASSES_AGAIN);
    return await this.#kvm.run(image, this.#milliseconds);
  }
}

function findFailures(
  engine: Engine,
  kvm: ImageResult,
  soft: ImageResult,
  count: number,
): Failure[] {
  const ended = count - soft.left;
  const failures: Failure[] = [];
  for (let number = 0; number < ended; number++) {
    const found = differences(new Outcome(kvm.outputs, number), new Outcome(soft.outputs, number));
    if (found.length > 0) failures.push({ number, engine, differences: found });
  }
  if (ended < count) failures.push({ number: ended, engine, differences: [] });
  return failures;
}
