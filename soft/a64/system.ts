/** Arm ARM C4.1, "Branches, Exception Generating and System instructions": hints, barriers, system registers. */

import { storedIndex } from "../state.ts";
import { type Execute, type Row, row, systemRow } from "./row.ts";

const nothing: Execute<unknown> = () => {};
const barrier: Execute<unknown> = (o) => o.barrier();

/**
 * Hints, barriers, and all that goes to the system side.
 *
 * The fields of a system instruction are op0 (2 bits), op1 (3), CRn (4), CRm
 * (4), op2 (3), Rt (5). Inline are only the registers that every exception
 * level may access; a row that lies inside another goes first.
 */
export const system: readonly Row[] = [
  // Hints. Those that are not allocated, or that belong to an extension which
  // this CPU has not (pacia, bti, …), do nothing.
  row("hint", "1101010100 0 00 011 0010 crm:4 op2:3 11111", nothing),
  row("nop", "1101010100 0 00 011 0010 0000 000 11111", nothing),
  row("yield", "1101010100 0 00 011 0010 0000 001 11111", nothing),
  // An event may be pending at any time, so that wfe may always go on at once.
  // Code that waits with it looks again in a loop.
  row("wfe", "1101010100 0 00 011 0010 0000 010 11111", nothing),
  systemRow("wfi", "1101010100 0 00 011 0010 0000 011 11111"),
  row("sev", "1101010100 0 00 011 0010 0000 100 11111", nothing),
  row("sevl", "1101010100 0 00 011 0010 0000 101 11111", nothing),

  // Barriers. CRm says which accesses are ordered; all of them always are.
  row("clrex", "1101010100 0 00 011 0011 crm:4 010 11111", (o) => o.clearExclusive()),
  row("dsb", "1101010100 0 00 011 0011 crm:4 100 11111", barrier),
  row("dmb", "1101010100 0 00 011 0011 crm:4 101 11111", barrier),
  systemRow("isb", "1101010100 0 00 011 0011 crm:4 110 11111"),

  // PSTATE: the system side knows which op1 and op2 there are.
  systemRow("msr (immediate)", "1101010100 0 00 op1:3 0100 crm:4 op2:3 11111"),

  // Cache and TLB maintenance, address translation.
  systemRow("sys", "1101010100 0 01 op1:3 crn:4 crm:4 op2:3 rt:5"),
  systemRow("sysl", "1101010100 1 01 op1:3 crn:4 crm:4 op2:3 rt:5"),

  // System registers.
  systemRow("msr", "1101010100 0 1 o0:1 op1:3 crn:4 crm:4 op2:3 rt:5"),
  systemRow("mrs", "1101010100 1 1 o0:1 op1:3 crn:4 crm:4 op2:3 rt:5"),
  row("msr nzcv", "1101010100 0 11 011 0100 0010 000 rt:5", (o, f) => {
    o.setNzcv(o.x(f.rt));
  }),
  row("mrs nzcv", "1101010100 1 11 011 0100 0010 000 rt:5", (o, f) => {
    o.setX(f.rt, o.nzcv());
  }),
  row("msr tpidr_el0", "1101010100 0 11 011 1101 0000 010 rt:5", (o, f) => {
    o.setSystemRegister(storedIndex("tpidr_el0"), o.x(f.rt));
  }),
  row("mrs tpidr_el0", "1101010100 1 11 011 1101 0000 010 rt:5", (o, f) => {
    o.setX(f.rt, o.systemRegister(storedIndex("tpidr_el0")));
  }),
  row("mrs tpidrro_el0", "1101010100 1 11 011 1101 0000 011 rt:5", (o, f) => {
    o.setX(f.rt, o.systemRegister(storedIndex("tpidrro_el0")));
  }),
];
