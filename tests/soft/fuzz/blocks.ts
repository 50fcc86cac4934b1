/** What sequences are made of: for each row what to add, and groups that are no row's own. */

import { addBranch, addCall, addComparison, addIndirectBranch, addLoop } from "./branch_blocks.ts";
import { addExclusive } from "./exclusive_blocks.ts";
import { addMemoryAccess, addTwoAccesses } from "./memory_blocks.ts";
import { addPlain, type Block } from "./plain_blocks.ts";
import {
  addExceptionReturn,
  addHypercall,
  addMonitorCall,
  addPstate,
  addRead,
  addSys,
  addSysl,
  addWait,
  addWrite,
} from "./system_blocks.ts";

const byName: Readonly<Record<string, Block>> = {
  ...Object.fromEntries(
    ["b", "bl", "b.cond", "cbz", "cbnz", "tbz", "tbnz"].map((name) => [name, addBranch]),
  ),
  ...Object.fromEntries(["br", "blr", "ret"].map((name) => [name, addIndirectBranch])),
  ...Object.fromEntries(["ldxr", "stxr", "ldxp", "stxp"].map((name) => [name, addExclusive])),
  eret: addExceptionReturn,
  msr: addWrite,
  mrs: addRead,
  sys: addSys,
  sysl: addSysl,
  "msr (immediate)": addPstate,
  hvc: addHypercall,
  smc: addMonitorCall,
  wfi: addWait,
};

/** Adds an instruction of a row, with what it needs around it. */
export const addRow: Block = (s, row) => {
  const block = byName[row.name] ?? (row.memory ? addMemoryAccess : addPlain);
  block(s, row);
};

/** Groups of instructions that are no row's own. */
export const groups: readonly Block[] = [
  addCall,
  addLoop,
  addComparison,
  addTwoAccesses,
];
