/** Which rows of the instruction table cases reach. */

import type { AnyFields, Row } from "../../../soft/a64/row.ts";
import { a64 } from "../../../soft/a64/table.ts";
import { Interpreter } from "../../../soft/interpreter.ts";
import type { Ops } from "../../../soft/ops.ts";
import { runOnSoft } from "./engines.ts";
import { CODE, SLOT_SIZE, SLOTS } from "./layout.ts";
import type { Image } from "./image.ts";

/** For each row the slots of the cases that execute it. */
export type Coverage = ReadonlyMap<Row, ReadonlySet<number>>;

const END_OF_CODE = CODE + SLOTS * SLOT_SIZE;

/**
 * Runs an image on the software CPU, and notes what its cases execute: their
 * first instructions are interpreted, since no case runs more than once.
 */
export async function measureCoverage(image: Image, milliseconds: number): Promise<Coverage> {
  const reached = new Map(a64.map((row) => [row, new Set<number>()]));
  const undo = a64.map((row) =>
    watch(row, (pc) => {
      if (pc >= CODE && pc < END_OF_CODE) {
        reached.get(row)!.add(Math.floor((pc - CODE) / SLOT_SIZE));
      }
    })
  );
  try {
    await runOnSoft(image, "usual", milliseconds);
  } finally {
    for (const action of undo) action();
  }
  return reached;
}

/** Has something done whenever an instruction of a row is interpreted; returns what ends that. */
function watch(row: Row, action: (pc: number) => void): () => void {
  const execute = row.execute;
  row.execute = <V, B>(o: Ops<V, B>, fields: AnyFields) => {
    if (o instanceof Interpreter) action(Number(o.pc));
    execute(o, fields);
  };
  return () => row.execute = execute;
}

/** How many cases reach each row, one a line. */
export function describeCoverage(coverage: Coverage): string {
  const width = Math.max(...a64.map(({ name }) => name.length));
  return a64.map((row) => {
    const count = coverage.get(row)?.size ?? 0;
    return `${row.name.padEnd(width)} ${String(count).padStart(6)}`;
  }).join("\n");
}
