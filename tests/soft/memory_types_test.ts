/** Tests accesses that are not aligned, by the type of memory. */

import { assertEquals } from "@std/assert";
import type { System } from "../../vm/contract.ts";
import { acrossAccelerators, onSoft } from "./accelerators.ts";
import { type Code, code } from "./assembly/code.ts";
import { Sctlr, useMmu } from "./steps/mmu_code.ts";
import { outcome } from "./steps/outcome.ts";
import { Attributes, TableRoom, Tables } from "./steps/tables.ts";
import { Place, Workbench } from "./steps/workbench.ts";

/** Two pages, one behind the other in virtual memory but not in physical. */
const A = Place.free;
const B = Place.free + 0x2000;
const ADDRESS = 0x1234_5000n;
const NEXT = ADDRESS + 0x1000n;

/** An access, and to how many bytes it is aligned or not. */
type Access = readonly [piece: Code, size: bigint];

const loads: readonly Access[] = [
  [code`ldrh w1, [x0]`, 2n],
  [code`ldr w1, [x0]`, 4n],
  [code`ldrsw x1, [x0]`, 4n],
  [code`ldr x1, [x0]`, 8n],
  [code`ldp w1, w2, [x0]`, 4n],
  [code`ldp x1, x2, [x0]`, 8n],
];
const stores: readonly Access[] = [
  [code`strh w1, [x0]`, 2n],
  [code`str w1, [x0]`, 4n],
  [code`str x1, [x0]`, 8n],
  [code`stp x1, x2, [x0]`, 8n],
];
/** These are to be aligned in whatever memory. */
const ordered: readonly Access[] = [
  [code`ldarh w1, [x0]`, 2n],
  [code`ldar x1, [x0]`, 8n],
  [code`ldaxr w1, [x0]`, 4n],
  [code`ldxr x1, [x0]`, 8n],
  [code`stlrh w1, [x0]`, 2n],
  [code`stlr x1, [x0]`, 8n],
  [code`swp x1, x2, [x0]`, 8n],
  [code`cas w1, w2, [x0]`, 4n],
];

/** How memory is mapped. */
interface Memory {
  readonly attributes?: bigint;
  readonly sctlr?: bigint;
}

/** What becomes of accesses that are aligned to their size, and of ones that are off by half of it. */
async function tryAll(system: System, all: readonly Access[], memory: Memory): Promise<string[][]> {
  using bench = new Workbench(system);
  const tables = new Tables(new TableRoom(bench.memory, Place.tables), 16);
  tables.map(ADDRESS, A, memory.attributes);
  useMmu(bench, { txsz: 16, ttbr: BigInt(tables.root), sctlr: memory.sctlr });
  const tried = all.map(([piece, size]) =>
    [size, size / 2n].map((offset) => {
      const address = ADDRESS + 64n + offset;
      const record = bench.add(piece, { x: [address] });
      return () => {
        if (outcome(record) !== "went on") assertEquals(record.far, address, "FAR_EL1");
        return outcome(record);
      };
    })
  );
  await bench.run();
  return tried.map((both) => both.map((access) => access()));
}

const fine = ["went on", "went on"];
const unaligned = (kind: string) => ["went on", `${kind} at EL1: alignment fault`];

acrossAccelerators("Normal memory is accessed at any address", async (system) => {
  const all = [...loads, ...stores];
  assertEquals(await tryAll(system, all, {}), all.map(() => fine));
});

acrossAccelerators(
  "acquire, release, exclusive and atomic accesses are aligned",
  async (system) => {
    const became = await tryAll(system, ordered, {});
    // CPUs do not agree on whether an atomic access is a read or a write.
    const plain = became.map((both) => both.map((what) => what.replace(/^(read|write) /, "")));
    assertEquals(plain, ordered.map(() => ["went on", "at EL1: alignment fault"]));
  },
);

acrossAccelerators("SCTLR_EL1.A makes all accesses be aligned", async (system) => {
  const memory = { sctlr: Sctlr.A };
  assertEquals(await tryAll(system, loads, memory), loads.map(() => unaligned("read")));
  assertEquals(await tryAll(system, stores, memory), stores.map(() => unaligned("write")));
});

// QEMU, and so the ARM box, does not check this.
onSoft("Device memory makes all accesses be aligned", async (system) => {
  const memory = { attributes: Attributes.device };
  assertEquals(await tryAll(system, loads, memory), loads.map(() => unaligned("read")));
  assertEquals(await tryAll(system, stores, memory), stores.map(() => unaligned("write")));
});

onSoft("memory is Device memory while the MMU is off", async (system) => {
  using bench = new Workbench(system);
  const tried = [...loads, ...stores].map(([piece, size]) =>
    bench.add(piece, { x: [BigInt(A) + size / 2n] })
  );
  await bench.run();
  assertEquals(tried.map(outcome), [
    ...loads.map(() => "read at EL1: alignment fault"),
    ...stores.map(() => "write at EL1: alignment fault"),
  ]);
});

/** A workbench with a range of two pages, of which some are there. */
function twoPages(system: System, pages: readonly (readonly [bigint, number])[]): Workbench {
  const bench = new Workbench(system);
  const tables = new Tables(new TableRoom(bench.memory, Place.tables), 16);
  bench.memory.writeUint64(A + 0xff8, 0x1122_3344_5566_7788n);
  bench.memory.writeUint64(B, 0x99aa_bbcc_ddee_ff00n);
  for (const [address, physical] of pages) tables.map(address, physical);
  useMmu(bench, { txsz: 16, ttbr: BigInt(tables.root) });
  return bench;
}

const load = code`ldr x1, [x0]`;
const store = code`str x1, [x0]`;
const OFFSETS = [1n, 2n, 3n, 4n, 5n, 6n, 7n];

acrossAccelerators("an access takes its bytes from the two pages it is in", async (system) => {
  using bench = twoPages(system, [[ADDRESS, A], [NEXT, B]]);
  const loaded = OFFSETS.map((offset) => bench.add(load, { x: [NEXT - offset] }));
  const half = bench.add(code`ldrh w1, [x0]`, { x: [NEXT - 1n] });
  bench.add(store, { x: [NEXT - 3n, 0x0102_0304_0506_0708n] });
  await bench.run();
  assertEquals(loaded.map(({ x }) => x[1]!.toString(16)), [
    "aabbccddeeff0011",
    "bbccddeeff001122",
    "ccddeeff00112233",
    "ddeeff0011223344",
    "eeff001122334455",
    "ff00112233445566",
    "11223344556677",
  ]);
  assertEquals(half.x[1], 0x11n);
  const stored = [A + 0xff8, B].map((at) => bench.memory.readUint64(at).toString(16));
  assertEquals(stored, ["607084455667788", "99aabb0102030405"]);
});

for (const [what, page, far] of [["first", B, -3n], ["second", A, 0n]] as const) {
  acrossAccelerators(
    `an access faults in the ${what} of the two pages it is in`,
    async (system) => {
      using bench = twoPages(system, [[page === A ? ADDRESS : NEXT, page]]);
      const read = bench.add(load, { x: [NEXT - 3n, 5n] });
      const write = bench.add(store, { x: [NEXT - 3n, 5n] });
      await bench.run();
      assertEquals([outcome(read), outcome(write)], [
        "read at EL1: translation fault, level 3",
        "write at EL1: translation fault, level 3",
      ]);
      // The lowest address that cannot be accessed.
      assertEquals([read.far, write.far], [NEXT + far, NEXT + far]);
      assertEquals(read.x[1], 5n);
    },
  );
}
