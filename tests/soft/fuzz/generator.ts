/** Makes cases: each from a seed and its number, whatever cases there are besides. */

import type { Row } from "../../../soft/a64/row.ts";
import { a64 } from "../../../soft/a64/table.ts";
import { addRow, groups } from "./blocks.ts";
import { type Case, type Mode, optionalSctlr } from "./case.ts";
import { Random } from "./random.ts";
import { Sequence } from "./sequence.ts";
import { undefinedWord } from "./undefined_words.ts";

/** So many instructions, and no block is begun any more. */
const ENOUGH = 19;

/** How often each bit is set, of 100 times. */
const SCTLR_CHANCES: Record<keyof typeof optionalSctlr, number> = {
  A: 12,
  UMA: 50,
  DZE: 70,
  UCT: 50,
  nTWI: 50,
  UCI: 80,
};

const MODES: readonly (readonly [number, Mode])[] = [[42, "EL1h"], [20, "EL1t"], [38, "EL0t"]];

/** Rows with many instructions behind them, which come up more often. */
const MANIFOLD = new Set(["msr", "mrs", "sys", "msr (immediate)"]);
const rows: readonly Row[] = a64.flatMap((row) => Array(MANIFOLD.has(row.name) ? 4 : 1).fill(row));

/** Instructions after which none would follow: most of the time they are put last. */
const LAST = /^(svc|brk|hlt|udf|drps|dcps\d)$/;
/** The same at EL0. */
const LAST_AT_EL0 = /^(msr|mrs|sys|sysl|eret|hvc|smc|wfi|msr \(immediate\))$/;

/** Makes the case of a number. */
export function generate(seed: number, number: number): Case {
  const random = new Random(seed, number, 0x0c1d);
  const s = new Sequence(random, {
    mode: random.weighted(MODES),
    sctlr: chooseSctlr(random),
    tagged: random.percent(10),
  });
  const blocks = random.percent(20) ? 1 : 1 + random.below(14);
  let last: Row | undefined;
  for (let i = 0; i < blocks && s.code.length <= ENOUGH; i++) {
    const row = random.pick(rows);
    s.beginBlock();
    if (random.percent(18)) random.pick(groups)(s, row);
    else if (s.setting.mode === "EL0t" && LAST_AT_EL0.test(row.name) && random.percent(50)) {
      continue;
    } else if (endsCase(s.setting.mode, row) && random.percent(85)) last = row;
    else addRow(s, row);
  }
  s.beginBlock();
  if (last !== undefined) addRow(s, last);
  else if (random.percent(4)) s.code.push(undefinedWord(random));
  return s.finish({ nzcv: random.below(16), fill: random.u32() });
}

function endsCase(mode: Mode, row: Row): boolean {
  return LAST.test(row.name) || (mode === "EL0t" && LAST_AT_EL0.test(row.name));
}

function chooseSctlr(random: Random): number {
  let bits = 0;
  for (const name of Object.keys(optionalSctlr) as (keyof typeof optionalSctlr)[]) {
    if (random.percent(SCTLR_CHANCES[name])) bits |= optionalSctlr[name];
  }
  return bits;
}
