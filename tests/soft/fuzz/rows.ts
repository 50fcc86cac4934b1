/** The rows of the instruction table by name. */

import type { Row } from "../../../soft/a64/row.ts";
import { a64 } from "../../../soft/a64/table.ts";

const byName = new Map(a64.map((row) => [row.name, row]));

/** A row. @throws {RangeError} if there is none of that name. */
export function rowNamed(name: string): Row {
  const row = byName.get(name);
  if (row === undefined) throw new RangeError(`the table has no row "${name}"`);
  return row;
}
