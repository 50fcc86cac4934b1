import { assertEquals } from "@std/assert";
import type { StoredRegister } from "../../soft/state.ts";
import { BareCpu, RAM } from "./bare_cpu.ts";
import {
  Descriptor,
  entryOf,
  mapVa,
  tableOf,
  TABLES,
  TCR_48,
  translated,
  VA,
} from "./page_table.ts";

const { AF, AP_EL0, BLOCK, PAGE, TABLE } = Descriptor;

/** A page for everybody. */
const page = 0x8000_0000n | PAGE | AF | AP_EL0;
const block = 0x8000_0000n | BLOCK | AF | AP_EL0;
const UPPER = 0xffff_0000_0000_0000n;

/** Name, changes to the registers or tables, address, what comes of it. */
type Case = readonly [
  name: string,
  prepare: (machine: BareCpu) => void,
  va: bigint,
  expected: string,
];

const registers = (values: Partial<Record<StoredRegister, bigint>>) => (machine: BareCpu) =>
  void machine.set(values);
const nothing = () => {};
/** With TxSZ for both halves. */
const txsz = (size: bigint) => registers({ tcr_el1: size | size << 16n | 2n << 32n });
/** A descriptor, at a level, instead of what is there. */
const entry = (level: number, descriptor: bigint) => (machine: BareCpu) =>
  machine.writeUint64(entryOf(level), descriptor);
/** A table for shorter addresses: the walk starts at a later level. */
const startAt = (level: number, size: bigint) => (machine: BareCpu) => {
  txsz(size)(machine);
  machine.set({ ttbr0_el1: BigInt(TABLES[level]!), ttbr1_el1: BigInt(TABLES[level]!) });
};

const mapped: readonly Case[] = [
  ["a page", nothing, VA, "0x80000abc"],
  ["a page in the upper half", nothing, UPPER | VA, "0x80000abc"],
  ["a block of level 2", entry(2, block), VA, "0x80004abc"],
  ["a block of level 1", entry(1, block), VA, "0x80604abc"],
  ["a block whose address has bits below its size", entry(2, block | 0x7000n), VA, "0x80004abc"],
  ["a page at the last physical address", entry(3, page | 0xff_ffff_f000n), VA, "0xfffffffabc"],
  ["39-bit addresses, from level 1", startAt(1, 25n), VA & 0x7f_ffff_ffffn, "0x80000abc"],
  ["30-bit addresses, from level 2", startAt(2, 34n), VA & 0x3fff_ffffn, "0x80000abc"],
  [
    "a first table of 16 entries, at the end of a page",
    (machine) => {
      txsz(21n)(machine);
      machine.writeUint64(RAM + 0xff88, tableOf(1));
      machine.set({ ttbr0_el1: BigInt(RAM + 0xff80) });
    },
    VA,
    "0x80000abc",
  ],
  [
    "a first table's address with bits below its size",
    registers({ ttbr0_el1: BigInt(RAM + 0x7f8) }),
    VA,
    "0x80000abc",
  ],
  [
    "an ASID in TTBR0_EL1",
    registers({ ttbr0_el1: BigInt(RAM) | 0xabcdn << 48n }),
    VA,
    "0x80000abc",
  ],
  [
    "granules that are not implemented",
    registers({ tcr_el1: TCR_48 | 1n << 14n | 3n << 30n }),
    VA,
    "0x80000abc",
  ],
  ["a tagged address", registers({ tcr_el1: TCR_48 | 1n << 37n }), 0xa5n << 56n | VA, "0x80000abc"],
  [
    "a tagged upper address",
    registers({ tcr_el1: TCR_48 | 1n << 38n }),
    0x5aff_0000_0000_0000n | VA,
    "0x80000abc",
  ],
  ["the contiguous bit", entry(3, page | Descriptor.CONTIGUOUS), VA, "0x80000abc"],
  [
    "IPS that says more than there is",
    registers({ tcr_el1: TCR_48 | 5n << 32n }),
    VA,
    "0x80000abc",
  ],
  ["a table that leads to itself", entry(0, tableOf(0) | AF), 0x80_4020_1abcn, "0x40000abc"],
];

const unmapped: readonly Case[] = [
  ...[0, 1, 2, 3].map((level): Case => [
    `an invalid descriptor of level ${level}`,
    entry(level, page & ~1n),
    VA,
    `translation fault, level ${level}`,
  ]),
  ["a block of level 0", entry(0, block), VA, "translation fault, level 0"],
  ["a block of level 3", entry(3, block), VA, "translation fault, level 3"],
  ...[1, 2, 3].map((level): Case => [
    `a descriptor of level ${level} that was never accessed`,
    entry(level, (level === 3 ? page : block) & ~AF),
    VA,
    `access flag fault, level ${level}`,
  ]),
  ...[0n, 15n, 40n, 63n].map((size): Case => [
    `TxSZ ${size}`,
    txsz(size),
    VA,
    "translation fault, level 0",
  ]),
  ["EPD0", registers({ tcr_el1: TCR_48 | 1n << 7n }), VA, "translation fault, level 0"],
  ["EPD1", registers({ tcr_el1: TCR_48 | 1n << 23n }), UPPER | VA, "translation fault, level 0"],
  ["an address above the lower half", nothing, 1n << 48n | VA, "translation fault, level 0"],
  [
    "an address below the upper half",
    nothing,
    0xfffe_ffff_ffff_f000n,
    "translation fault, level 0",
  ],
  [
    "an address above a lower half of 30 bits",
    startAt(2, 34n),
    1n << 30n,
    "translation fault, level 0",
  ],
  ["a tag that is not ignored", nothing, 1n << 56n | VA, "translation fault, level 0"],
  [
    "a tag that is ignored in the other half only",
    registers({ tcr_el1: TCR_48 | 1n << 38n }),
    1n << 56n | VA,
    "translation fault, level 0",
  ],
  [
    "a first table beyond the physical addresses",
    registers({ ttbr0_el1: 1n << 40n }),
    VA,
    "address size fault, level 0",
  ],
  [
    "a first table beyond IPS",
    registers({ tcr_el1: TCR_48 & ~(7n << 32n), ttbr0_el1: 1n << 32n }),
    VA,
    "address size fault, level 0",
  ],
  [
    "a table beyond the physical addresses",
    entry(1, 1n << 47n | TABLE),
    VA,
    "address size fault, level 1",
  ],
  [
    "a block beyond the physical addresses",
    entry(2, block | 1n << 40n),
    VA,
    "address size fault, level 2",
  ],
  [
    "a page beyond IPS",
    (machine) => {
      machine.set({ tcr_el1: TCR_48 & ~(7n << 32n) | 1n << 32n });
      entry(3, page | 1n << 36n)(machine);
    },
    VA,
    "address size fault, level 3",
  ],
  [
    "a page beyond IPS that was never accessed",
    entry(3, (page | 1n << 40n) & ~AF),
    VA,
    "address size fault, level 3",
  ],
  [
    "a first table outside memory",
    registers({ ttbr0_el1: 0n }),
    VA,
    "table outside memory fault, level 0",
  ],
  ...[1, 2, 3].map((level): Case => [
    `a table of level ${level} outside memory`,
    entry(level - 1, 0x9000_0000n | TABLE),
    VA,
    `table outside memory fault, level ${level}`,
  ]),
];

for (const [name, prepare, va, expected] of [...mapped, ...unmapped]) {
  Deno.test(`Mmu.translate takes ${name} for: ${expected}`, () => {
    const machine = mapVa(new BareCpu(), 3, page);
    prepare(machine);
    assertEquals(translated(machine, va), expected);
  });
}

Deno.test("Mmu.faultIsTableWalk tells a table outside memory from other faults", () => {
  const machine = mapVa(new BareCpu(), 3, page);
  const found = [0n, BigInt(RAM + 0x8000)].map((ttbr) => {
    translated(machine.set({ ttbr0_el1: ttbr }));
    return machine.mmu.faultIsTableWalk;
  });
  assertEquals(found, [true, false]);
});

const off: readonly Case[] = [
  ["any address", nothing, 0x12_3456_789an, "0x123456789a"],
  ["the last address", nothing, 0xff_ffff_ffffn, "0xffffffffff"],
  ["an address of 41 bits", nothing, 1n << 40n, "address size fault, level 0"],
  ["an address in the upper half", nothing, UPPER, "address size fault, level 0"],
  ["a tag", nothing, 1n << 56n, "address size fault, level 0"],
  ["a tag that is ignored", registers({ tcr_el1: 1n << 37n }), 0xa5n << 56n | 0x123n, "0x123"],
];
for (const [name, prepare, va, expected] of off) {
  Deno.test(`Mmu.translate with the MMU off takes ${name} for: ${expected}`, () => {
    const machine = new BareCpu();
    prepare(machine);
    assertEquals(translated(machine, va), expected);
  });
}
