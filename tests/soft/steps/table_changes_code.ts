/** Steps that change translation tables while they are in use. */

import { code } from "../assembly/code.ts";
import { WINDOW } from "./mmu_code.ts";
import type { Workbench } from "./workbench.ts";

const store = code`
  str x1, [x0]
  dsb ish
  isb
`;

/** Changes a descriptor, or another 8 bytes below 2 MiB of physical memory. */
export function poke(bench: Workbench, physical: number, value: bigint): void {
  bench.add(store, { x: [bench.address(physical) + WINDOW, value] });
}

const invalidate = {
  vmalle1: code`
    tlbi vmalle1
    dsb ish
    isb
  `,
  vmalle1is: code`
    tlbi vmalle1is
    dsb ish
    isb
  `,
  aside1: code`
    tlbi aside1, x0
    dsb ish
    isb
  `,
  aside1is: code`
    tlbi aside1is, x0
    dsb ish
    isb
  `,
  vae1: code`
    tlbi vae1, x0
    dsb ish
    isb
  `,
  vae1is: code`
    tlbi vae1is, x0
    dsb ish
    isb
  `,
  vale1: code`
    tlbi vale1, x0
    dsb ish
    isb
  `,
  vale1is: code`
    tlbi vale1is, x0
    dsb ish
    isb
  `,
  vaae1: code`
    tlbi vaae1, x0
    dsb ish
    isb
  `,
  vaae1is: code`
    tlbi vaae1is, x0
    dsb ish
    isb
  `,
  vaale1: code`
    tlbi vaale1, x0
    dsb ish
    isb
  `,
  vaale1is: code`
    tlbi vaale1is, x0
    dsb ish
    isb
  `,
} as const;

/** A TLBI instruction. */
export type Tlbi = keyof typeof invalidate;
export const tlbis = Object.keys(invalidate) as Tlbi[];

/** Forgets translations, of an address and an ASID where the instruction takes them. */
export function tlbi(bench: Workbench, which: Tlbi, address = 0n, asid = 0n): void {
  const page = (address >> 12n) & 0xfff_ffff_ffffn;
  bench.add(invalidate[which], { x: [asid << 48n | (which.startsWith("aside") ? 0n : page)] });
}

const setTtbr0 = code`
  msr ttbr0_el1, x0
  isb
`;

/** Gives the lower range other tables. */
export function useTtbr0(bench: Workbench, root: number, asid: bigint): void {
  bench.add(setTtbr0, { x: [asid << 48n | BigInt(root)] });
}

const setBothTtbrs = code`
  msr ttbr0_el1, x0
  msr ttbr1_el1, x1
  isb
`;

/** The same, where TTBR1_EL1 has the ASID. */
export function useTtbr0AndAsid(
  bench: Workbench,
  lower: number,
  upper: number,
  asid: bigint,
): void {
  bench.add(setBothTtbrs, { x: [BigInt(lower), asid << 48n | BigInt(upper)] });
}

const setSctlr = code`
  msr sctlr_el1, x0
  isb
`;

/** Turns the MMU off or on, among other things. */
export function useSctlr(bench: Workbench, value: bigint): void {
  bench.add(setSctlr, { x: [value] });
}
