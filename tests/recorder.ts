/** A device that notes what the bus does to it, and a bus with one device. */

import { MmioBus } from "../devices/bus.ts";
import type { MmioDevice, NOT_YET } from "../devices/device.ts";

/** Notes each access, and answers loads with a given value. */
export class Recorder implements MmioDevice {
  readonly accesses: (string | number)[][] = [];

  constructor(readonly answer: number | typeof NOT_YET = 0) {}

  read(offset: number, size: number): number | typeof NOT_YET {
    this.accesses.push(["read", offset, size]);
    return this.answer;
  }
  write(offset: number, size: number, value: number): void {
    this.accesses.push(["write", offset, size, value]);
  }
}

/** A bus with one device, of 16 bytes at 0x1000. */
export function busWith(device: MmioDevice): MmioBus {
  const bus = new MmioBus();
  bus.attach("one", 0x1000, 16, device);
  return bus;
}
