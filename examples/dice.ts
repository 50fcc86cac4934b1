/** A device of one's own: a die at 0x2000 that a guest throws by loading a byte. */

import { type MmioDevice, openSystem, registerId, run, TinyMachine } from "../mod.ts";

/** A register that gives a number from 1 to 6. */
class Die implements MmioDevice {
  read(): number {
    return 1 + Math.floor(Math.random() * 6);
  }
  write(): void {}
}

// mov x0, #0x2000; ldrb w1, [x0]; ldrb w2, [x0]; and zeroed memory behind it, which ends the guest.
const program = new Uint8Array(new Uint32Array([0xd2840000, 0x39400001, 0x39400002]).buffer);

using system = await openSystem();
using machine = new TinyMachine(system, { program });
machine.bus.attach("die", 0x2000, 1, new Die());
const end = await run(machine);
const thrown = ["x1", "x2"].map((name) => machine.vcpu.getOneReg(registerId(name)));
console.log(`The guest threw ${thrown.join(" and ")} and ended: ${end.kind}`);
