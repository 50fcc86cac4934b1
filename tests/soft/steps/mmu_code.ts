/** Turns the MMU on in a workbench, with the steps in one range of addresses and what is tried out in the other. */

import { code } from "../assembly/code.ts";
import { Bit, TableRoom, Tables } from "./tables.ts";
import { Place, type Workbench } from "./workbench.ts";

/** AttrIndx 0: Normal, write-back; 1: Device-nGnRnE. */
const MAIR = 0x00ffn;
/** As KVM resets it, with the MMU (M) and caches (C, I). */
export const SCTLR = 0x00c5_0078n | 0x1005n;
export const Sctlr = { A: 1n << 1n, WXN: 1n << 19n } as const;

/** TCR_EL1: 4 KiB granule in both ranges, 40 bits of physical addresses, walks through write-back, shareable caches. */
const TCR = 0x2n << 32n | 0x2n << 30n | 0x3500_3500n;
const IPS_MASK = 7n << 32n;
export const Tcr = {
  EPD0: 1n << 7n,
  A1: 1n << 22n,
  EPD1: 1n << 23n,
  ips: (value: bigint) => value << 32n,
  AS: 1n << 36n,
  TBI0: 1n << 37n,
  TBI1: 1n << 38n,
} as const;

/** The lower range is TTBR0's, the upper one TTBR1's. */
export type Range = "lower" | "upper";

const HOME_TXSZ = 25;
const UPPER_HOME = 0xffff_ff80_0000_0000n;
/** Where the home range has all memory up to 2 MiB, for EL1 to load and store. */
export const WINDOW = 0x20_0000n;
const PAGE = 0x1000;
/** The vectors' place in the runner. */
const VECTORS = 0x800;

const turnOn = code`
  msr mair_el1, x0
  msr tcr_el1, x1
  msr ttbr0_el1, x2
  msr ttbr1_el1, x3
  dsb sy
  tlbi vmalle1
  dsb sy
  isb
  msr sctlr_el1, x4
  isb
`;

/** Lets the runner go on at another address. */
const moveRunner = code`
  msr vbar_el1, x0
  msr spsel, #1
  mov sp, x1        // this step's record
  msr spsel, #0
  isb
`;

const changeTables = code`
  msr tcr_el1, x1
  msr ttbr0_el1, x2
  isb
  tlbi vmalle1
  dsb sy
  isb
`;

/** What the range that is tried out has. */
export interface Subject {
  readonly range?: Range;
  /** TTBRn_EL1; the tables' root unless given. */
  readonly ttbr?: bigint;
  readonly txsz: number;
  /** More bits of TCR_EL1. */
  readonly tcr?: bigint;
  /** Other than 40 bits. */
  readonly ips?: bigint;
  /** More bits of SCTLR_EL1. */
  readonly sctlr?: bigint;
}

/** Adds the steps that turn the MMU on. */
export function useMmu(bench: Workbench, subject: Subject & { readonly ttbr: bigint }): void {
  const { range = "lower", ttbr, txsz, tcr = 0n, ips, sctlr = 0n } = subject;
  const base = (ips === undefined ? TCR : TCR & ~IPS_MASK | Tcr.ips(ips)) | tcr;
  const tcrFor = (lower: number, upper: number) => base | BigInt(lower) | BigInt(upper) << 16n;
  const home = BigInt(homeTables(bench).root);
  if (range === "upper") {
    bench.add(turnOn, { x: [MAIR, tcrFor(HOME_TXSZ, txsz), home, ttbr, SCTLR | sctlr] });
    return;
  }
  // The steps cannot move before both ranges have them.
  const first = tcrFor(HOME_TXSZ, HOME_TXSZ) & ~(Tcr.EPD0 | Tcr.TBI0);
  bench.add(turnOn, { x: [MAIR, first, home, home, SCTLR | sctlr] });
  const up = (address: bigint) => BigInt.asUintN(64, address + UPPER_HOME);
  bench.add(moveRunner, { x: [up(BigInt(Place.runner + VECTORS)), up(bench.nextRecord)] });
  bench.home = UPPER_HOME;
  bench.add(changeTables, { x: [0n, tcrFor(txsz, HOME_TXSZ), ttbr] });
}

/** Tables for the steps themselves: code that both exception levels execute and nobody writes, records, the window. */
function homeTables(bench: Workbench): Tables {
  const tables = new Tables(new TableRoom(bench.memory, Place.homeTables), HOME_TXSZ);
  for (let page: number = Place.runner; page < Place.free; page += PAGE) {
    const isCode = page < Place.records;
    tables.map(BigInt(page), page, isCode ? Bit.el0 | Bit.readOnly : Bit.pxn | Bit.uxn);
  }
  tables.map(WINDOW, 0, Bit.pxn | Bit.uxn, 2);
  return tables;
}
