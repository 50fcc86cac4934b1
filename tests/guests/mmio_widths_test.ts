/** Runs the guest that loads and stores with every width, with a device that remembers. */

import { assertEquals } from "@std/assert";
import type { MmioDevice, System } from "../../mod.ts";
import { guestCode, runGuest } from "../guest_run.ts";
import { acrossAccelerators } from "../soft/accelerators.ts";

const SCRATCH = 0x2000;
const SIZE = 32;

/** A device that remembers, and notes each access. */
class Scratch implements MmioDevice {
  readonly accesses: string[] = [];
  readonly #view = new DataView(new ArrayBuffer(SIZE));

  read(offset: number, size: number): number {
    this.accesses.push(`load ${size} at ${offset}`);
    if (size === 1) return this.#view.getUint8(offset);
    return size === 2 ? this.#view.getUint16(offset, true) : this.#view.getUint32(offset, true);
  }
  write(offset: number, size: number, value: number): void {
    this.accesses.push(`store ${size} at ${offset}: ${value.toString(16)}`);
    if (size === 1) this.#view.setUint8(offset, value);
    else if (size === 2) this.#view.setUint16(offset, value, true);
    else this.#view.setUint32(offset, value, true);
  }
}

/** Runs the guest with such a device. */
async function run(system: System): Promise<{ lines: string[]; scratch: Scratch }> {
  const scratch = new Scratch();
  const { output } = await runGuest(system, guestCode("mmio-widths"), {
    before: ({ bus }) => bus.attach("scratch", SCRATCH, SIZE, scratch),
  });
  return { lines: output.trimEnd().split("\n"), scratch };
}

// The guest stores 0x8192a3b4c5d6e7f8, cut to each width.

acrossAccelerators("mmio-widths loads what it stored", async (system) => {
  assertEquals((await run(system)).lines.slice(0, 4), [
    "00000000000000f8", // ldrb w
    "000000000000e7f8", // ldrh w
    "00000000c5d6e7f8", // ldr w
    "8192a3b4c5d6e7f8", // ldr x
  ]);
});

/** What loads with a sign give: ldrsb w, ldrsb x, ldrsh w, ldrsh x, ldrsw x. */
const extended = [
  "00000000fffffff8",
  "fffffffffffffff8",
  "00000000ffffe7f8",
  "ffffffffffffe7f8",
  "ffffffffc5d6e7f8",
];
/** What they give under Linux's KVM, which extends the value and then cuts it again (vcpu_data_host_to_guest() in arch/arm64/include/asm/kvm_emulate.h). */
const cut = [
  "00000000000000f8",
  "00000000000000f8",
  "000000000000e7f8",
  "000000000000e7f8",
  "00000000c5d6e7f8",
];

acrossAccelerators(
  "mmio-widths loads values with a sign, extended unless the kernel forgets to",
  async (system) => {
    const lines = (await run(system)).lines.slice(4, 9);
    assertEquals(lines, lines[0] === cut[0] ? cut : extended);
  },
);

acrossAccelerators(
  "mmio-widths drops what it loads into the zero register, and stores zero from it",
  async (system) => {
    assertEquals((await run(system)).lines[9], "0000000000000000");
  },
);

acrossAccelerators(
  "mmio-widths reaches the device with its widths, 8 bytes as twice 4",
  async (system) => {
    assertEquals((await run(system)).scratch.accesses, [
      "store 1 at 0: f8",
      "store 2 at 8: e7f8",
      "store 4 at 16: c5d6e7f8",
      "store 4 at 24: c5d6e7f8",
      "store 4 at 28: 8192a3b4",
      "load 1 at 0",
      "load 2 at 8",
      "load 4 at 16",
      "load 4 at 24",
      "load 4 at 28",
      "load 1 at 0",
      "load 1 at 0",
      "load 2 at 8",
      "load 2 at 8",
      "load 4 at 16",
      // ldr xzr, str xzr, ldr x
      "load 4 at 24",
      "load 4 at 28",
      "store 4 at 24: 0",
      "store 4 at 28: 0",
      "load 4 at 24",
      "load 4 at 28",
    ]);
  },
);

acrossAccelerators(
  "mmio-widths reads zeroes where there is no device, and each access is told",
  async (system) => {
    const told = new Set<number>();
    const { output } = await runGuest(system, guestCode("mmio-widths"), {
      onUnclaimed: ({ physAddr }) => told.add(physAddr),
    });
    assertEquals(output, "0000000000000000\n".repeat(10));
    assertEquals([...told], [0x2000, 0x2008, 0x2010, 0x2018]);
  },
);
