/** Cases and differences in words. */

import { decode } from "../../../soft/decode.ts";
import type { Case, Preset } from "./case.ts";
import { initialState } from "./initial_state.ts";
import { slotAddress } from "./layout.ts";
import type { Difference } from "./outcome.ts";

const hex = (value: bigint | number, width = 0) => value.toString(16).padStart(width, "0");

/** A case: how it starts, and its instructions with their fields. */
export function describeCase(one: Case, slot: number): string {
  const address = slotAddress(slot);
  const lines = [
    `${one.mode}, nzcv ${hex(one.nzcv)}, sctlr +${hex(one.sctlr)}, fill ${hex(one.fill)}, ` +
    `code at 0x${hex(address)}`,
    ...one.presets.map(describePreset),
    ...one.code.map((word, i) => `  ${hex(address + 4 * i)}: ${describeWord(word)}`),
    ...registerLines(one, address),
  ];
  return lines.join("\n");
}

function describePreset({ register, value, relative }: Preset): string {
  const name = register === 31 ? "sp" : `x${register}`;
  return `  ${name} = ${relative ? "code + " : ""}0x${hex(value)}`;
}

/** An instruction word, its row and its fields. */
export function describeWord(word: number): string {
  const instruction = decode(word);
  if (instruction === undefined) return `${hex(word, 8)}  (undefined)`;
  const { row, fields } = instruction;
  const shown = row.fields.map(({ name }) => `${name}=${fields[name]}`);
  return `${hex(word, 8)}  ${row.name}  ${shown.join(" ")}`;
}

/** What registers that the code names hold before it. */
function registerLines(one: Case, address: number): string[] {
  const used = new Set<number>();
  for (const word of one.code) {
    const instruction = decode(word);
    for (const { name } of instruction?.row.fields ?? []) {
      if (/^r[dnmats]2?$/.test(name)) used.add(instruction!.fields[name]!);
    }
  }
  const { x, sp_el0, sp_el1 } = initialState(one, address);
  const names = [...used].filter((n) => n !== 31).sort((a, b) => a - b);
  const values = names.map((n) => `x${n}=${hex(x[n]!)}`);
  return [`  before: ${[...values, `sp_el0=${hex(sp_el0)}`, `sp_el1=${hex(sp_el1)}`].join(" ")}`];
}

/** Differences, one a line. */
export function describeDifferences(found: readonly Difference[]): string {
  return found.map(({ name, kvm, soft }) => `  ${name}: KVM 0x${hex(kvm)}, soft 0x${hex(soft)}`)
    .join("\n");
}
