/** Accesses to try out: a load, a store or a jump, from EL0 or EL1, and what became of it. */

import { assertEquals } from "@std/assert";
import type { GuestMemory } from "../../../vm/guest_memory.ts";
import { code } from "../assembly/code.ts";
import { outcome } from "./outcome.ts";
import type { Workbench } from "./workbench.ts";

/** What is tried; ldtr and sttr have EL0's rights at EL1 too. */
export type AccessKind = keyof typeof pieces;

const pieces = {
  load: code`ldr x1, [x0]`,
  store: code`str x1, [x0, #8]`,
  fetch: code`br x0`,
  ldtr: code`ldtr x1, [x0]`,
  sttr: code`sttr x1, [x0, #8]`,
} as const;

const loads: readonly AccessKind[] = ["load", "ldtr"];
const stores: readonly AccessKind[] = ["store", "sttr"];

const SVC = code`svc #0`.words[0]!;
/** What is stored. */
export const STORED = 0x5709_ed00_0000n;
const STORE_OFFSET = 8n;

/** Makes a page of physical memory known: loads from its start tell where it is, and jumps there come back. */
export function markPage(memory: GuestMemory, physical: number): void {
  memory.writeUint64(physical, BigInt(physical) << 32n | BigInt(SVC));
}

/** Adds a step that makes an access. What it gives tells, after the run, what became of it. */
export function tryAccess(
  bench: Workbench,
  kind: AccessKind,
  address: bigint,
  el: 0 | 1 = 1,
): () => string {
  const record = bench.add(pieces[kind], { el, x: [address, STORED] });
  const at = bench.address(bench.place(pieces[kind]));
  const far = stores.includes(kind) ? BigInt.asUintN(64, address + STORE_OFFSET) : address;
  return () => {
    const what = outcome(record);
    const wentOn = what === "went on";
    if (!wentOn) assertEquals(record.far, far, "FAR_EL1");
    const next = kind === "fetch" ? address : at + 4n;
    assertEquals(record.elr, wentOn ? next + 4n : kind === "fetch" ? address : at, "ELR_EL1");
    if (!wentOn) return what.replace(/^.*: /, "");
    if (!loads.includes(kind)) return "done";
    const value = record.x[1]!;
    const isMarked = Number(value & 0xffff_ffffn) === SVC;
    return `loaded ${isMarked ? "from " : ""}0x${(isMarked ? value >> 32n : value).toString(16)}`;
  };
}
