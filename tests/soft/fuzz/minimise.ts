/** Makes a failing case smaller, as long as it still fails. */

import type { Case } from "./case.ts";

const NOP = 0xd503_201f;

/** Whether a case fails. */
export type Fails = (one: Case) => Promise<boolean>;

/**
 * Leaves out what a failure does not need: instructions (a nop stays in their
 * place, since others jump over them), the last ones for good, presets, settings.
 */
export async function minimise(one: Case, fails: Fails): Promise<Case> {
  let smallest = one;
  for (let changed = true; changed;) {
    changed = false;
    for (const candidate of candidates(smallest)) {
      if (!await fails(candidate)) continue;
      smallest = candidate;
      changed = true;
      break;
    }
  }
  return smallest;
}

/** Cases that are a little smaller, the most promising first. */
function* candidates(one: Case): Generator<Case> {
  const { code } = one;
  for (let length = 0; length < code.length; length++) {
    yield { ...one, code: code.slice(0, length) };
  }
  for (const [i, word] of code.entries()) {
    if (word !== NOP) yield { ...one, code: code.with(i, NOP) };
  }
  for (const preset of one.presets) {
    yield { ...one, presets: one.presets.filter((other) => other !== preset) };
  }
  if (one.tagged) yield { ...one, tagged: false };
  if (one.sctlr !== 0) yield { ...one, sctlr: 0 };
  if (one.nzcv !== 0) yield { ...one, nzcv: 0 };
  if (one.mode !== "EL1h") yield { ...one, mode: "EL1h" };
}
