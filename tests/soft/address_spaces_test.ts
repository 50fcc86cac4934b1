/** Tests changes of whole address spaces: ASIDs, other tables, blocks for pages, the MMU off and on again. */

import { assertEquals } from "@std/assert";
import { acrossAccelerators } from "./accelerators.ts";
import { code } from "./assembly/code.ts";
import { markPage, tryAccess } from "./steps/access_code.ts";
import { SCTLR, Tcr, useMmu } from "./steps/mmu_code.ts";
import { poke, tlbi, useSctlr, useTtbr0, useTtbr0AndAsid } from "./steps/table_changes_code.ts";
import { Bit, leaf, TableRoom, Tables } from "./steps/tables.ts";
import { Place, Workbench } from "./steps/workbench.ts";

const A = Place.free;
const B = Place.free + 0x1000;
const ADDRESS = 0x54_3210_0000n;

const one = code`mov x1, #1`;
const two = code`mov x1, #2`;
const loadAndStore = code`
  ldr w2, [x0]
  str x1, [x0, #16]
`;
const STORE_OFFSET = 16;

/** Two address spaces, with other code in another page at the same address. */
function twoSpaces(bench: Workbench): readonly [Tables, Tables] {
  const room = new TableRoom(bench.memory, Place.tables);
  bench.place(one, A);
  bench.place(two, B);
  const spaces = [new Tables(room, 16), new Tables(room, 16)] as const;
  spaces[0].map(ADDRESS, A, Bit.nonGlobal);
  spaces[1].map(ADDRESS, B, Bit.nonGlobal);
  return spaces;
}

/** Adds steps that execute, load and store at ADDRESS. What they give tells, after the run, which code was executed and loaded. */
function look(bench: Workbench, stored: number): () => unknown[] {
  const ran = bench.add(code`nop`, { pc: ADDRESS });
  const loaded = bench.add(loadAndStore, { x: [ADDRESS, BigInt(stored)] });
  return () => [ran.x[1], loaded.x[2]];
}

const ROUNDS = 30;
const found = (piece: typeof one, n: bigint) => [n, BigInt(piece.words[0]!)];
const alternately = Array.from(
  { length: ROUNDS },
  (_, n) => n % 2 === 0 ? found(one, 1n) : found(two, 2n),
);

/** What each round has stored must be in the page of its space. */
function assertStored({ memory }: Workbench): void {
  const stored = [A, B].map((page) => memory.readUint64(page + STORE_OFFSET));
  assertEquals(stored, [BigInt(ROUNDS - 2), BigInt(ROUNDS - 1)]);
}

const asids: [what: string, asids: [bigint, bigint], tcr: bigint][] = [
  ["8 bits", [0xfen, 0xffn], 0n],
  ["16 bits", [0xff01n, 0x0001n], Tcr.AS],
];

for (const [what, [first, second], tcr] of asids) {
  acrossAccelerators(`TTBR0_EL1 with another ASID of ${what} is another space`, async (system) => {
    using bench = new Workbench(system);
    const spaces = twoSpaces(bench);
    useMmu(bench, { txsz: 16, tcr, ttbr: first << 48n | BigInt(spaces[0].root) });
    const seen = alternately.map((_, n) => {
      useTtbr0(bench, spaces[n % 2]!.root, n % 2 === 0 ? first : second);
      return look(bench, n);
    });
    await bench.run();
    assertEquals(seen.map((looked) => looked()), alternately);
    assertStored(bench);
  });
}

acrossAccelerators("TTBR1_EL1 has the ASID where TCR_EL1.A1 is set", async (system) => {
  using bench = new Workbench(system);
  const spaces = twoSpaces(bench);
  useMmu(bench, { txsz: 16, tcr: Tcr.A1, ttbr: BigInt(spaces[0].root) });
  const seen = alternately.map((_, n) => {
    // An ASID of its own each time: none may know the other's pages already.
    useTtbr0AndAsid(bench, spaces[n % 2]!.root, Place.homeTables, BigInt(n + 1));
    return look(bench, n);
  });
  await bench.run();
  assertEquals(seen.map((looked) => looked()), alternately);
  assertStored(bench);
});

acrossAccelerators("TTBR0_EL1 with the same ASID is another space after TLBI", async (system) => {
  using bench = new Workbench(system);
  const spaces = twoSpaces(bench);
  useMmu(bench, { txsz: 16, ttbr: BigInt(spaces[0].root) });
  const seen = alternately.map((_, n) => {
    useTtbr0(bench, spaces[n % 2]!.root, 0n);
    tlbi(bench, n % 3 === 0 ? "vmalle1" : n % 3 === 1 ? "aside1" : "vaae1", ADDRESS);
    return look(bench, n);
  });
  await bench.run();
  assertEquals(seen.map((looked) => looked()), alternately);
  assertStored(bench);
});

/** Where blocks of 2 MiB start: in virtual addresses, and in physical ones. */
const BLOCK_ADDRESS = 0x54_3200_0000n;
const BLOCK = 0x20_0000;

acrossAccelerators("Mmu takes pages for a block, and a block for pages", async (system) => {
  using bench = new Workbench(system);
  const room = new TableRoom(bench.memory, Place.tables);
  const tables = new Tables(room, 16);
  [A, B, BLOCK + A, BLOCK + B].forEach((page) => markPage(bench.memory, page));
  const inA = BLOCK_ADDRESS + BigInt(A), inB = BLOCK_ADDRESS + BigInt(B);
  // The pages of A and B, the other way round.
  tables.map(inA, B);
  tables.map(inB, A);
  const entry = tables.entry(BLOCK_ADDRESS, 2);
  const pages = bench.memory.readUint64(entry);
  useMmu(bench, { txsz: 16, ttbr: BigInt(tables.root) });
  const seen = [pages, leaf(2, BLOCK), pages, leaf(2, 0)].map((descriptor) => {
    poke(bench, entry, 0n);
    tlbi(bench, "vaae1", inA);
    tlbi(bench, "vaae1", inB);
    poke(bench, entry, descriptor);
    return [inA, inB].map((address) => tryAccess(bench, "load", address));
  });
  await bench.run();
  assertEquals(seen.map((loads) => loads.map((load) => load())), [
    ["loaded from 0x81000", "loaded from 0x80000"],
    ["loaded from 0x280000", "loaded from 0x281000"],
    ["loaded from 0x81000", "loaded from 0x80000"],
    ["loaded from 0x80000", "loaded from 0x81000"],
  ]);
});

const MMU_OFF = SCTLR & ~1n;

acrossAccelerators("SCTLR_EL1.M turns the MMU off and on again", async (system) => {
  using bench = new Workbench(system);
  [A, BLOCK + A].forEach((page) => markPage(bench.memory, page));
  const tables = new Tables(new TableRoom(bench.memory, Place.tables), 16);
  // The home range is the lower one: it maps the steps to themselves, and the block at 2 MiB to 0.
  useMmu(bench, { range: "upper", txsz: 16, ttbr: BigInt(tables.root) });
  const seen = [SCTLR, MMU_OFF, SCTLR, MMU_OFF].map((sctlr) => {
    useSctlr(bench, sctlr);
    return tryAccess(bench, "load", BigInt(BLOCK + A));
  });
  const beyond = tryAccess(bench, "load", 1n << 40n);
  const farBeyond = tryAccess(bench, "fetch", 0xffff_0000_0000_0000n);
  await bench.run();
  assertEquals(seen.map((load) => load()), [
    "loaded from 0x80000",
    "loaded from 0x280000",
    "loaded from 0x80000",
    "loaded from 0x280000",
  ]);
  // Without an MMU, addresses are physical ones, of 40 bits.
  assertEquals([beyond(), farBeyond()], Array(2).fill("address size fault, level 0"));
});
