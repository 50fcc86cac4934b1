/** The benchmark's table: medians side by side, their ratio, and whether that is what was asked for. */

/** To be reached by the ratio, or by Orchid's value itself: no more than `most`, or no less than `least`. */
export type Target = { readonly most: number } | { readonly least: number };

/** One row: the same thing measured several times for each of the two. */
export interface Measure {
  /** What was measured, and its unit. */
  readonly name: string;
  /** What the peer (the C program) took, once for each round; left out where it has nothing like it. */
  readonly c?: readonly number[];
  /** What Orchid took. */
  readonly orchid: readonly number[];
  /** The values are times, and the ratio is that of the speeds. */
  readonly speed?: boolean;
  /** What is required, if there is such a thing: of the ratio, or of the value if there is no peer. */
  readonly target?: Target;
  /** What is required is required of the value, peer or not. */
  readonly absolute?: boolean;
}

/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new RangeError("no values, no median");
  return (low + high) / 2;
}

/** Puts measures into a table, a line each, under a heading that names the two. */
export function table(measures: readonly Measure[], peer = "C", own = "Orchid"): string {
  const headings = ["measure", peer, own, "ratio", "required"];
  const rows = [headings, ...measures.map(cells)];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row.map((cell, column) =>
      // Numbers end at the same place, words start there.
      column >= 1 && column <= 3 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)
    ).join("  ").trimEnd()
  );
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [lines[0], rule, ...lines.slice(1)].join("\n");
}

function cells({ name, c, orchid, speed, target, absolute }: Measure): string[] {
  const ours = median(orchid);
  if (c === undefined) return [name, "", number(ours), "", verdict(ours, target)];
  // Round by round: a machine that is busy now and idle then is so for both alike.
  const ratio = median(orchid.map((value, i) => speed ? c[i]! / value : value / c[i]!));
  const judged = verdict(absolute ? ours : ratio, target);
  // Nothing is how many times as much as nothing?
  const shown = Number.isFinite(ratio) ? ratio.toFixed(2) : "";
  return [name, number(median(c)), number(ours), shown, judged];
}

function verdict(value: number, target: Target | undefined): string {
  if (target === undefined) return "";
  const [sign, limit, met] = "most" in target
    ? ["<=", target.most, value <= target.most]
    : [">=", target.least, value >= target.least];
  return `${sign} ${limit.toFixed(2)}: ${met ? "met" : "NOT met"}`;
}

/** Three digits at least. */
function number(value: number): string {
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  return value.toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
}
