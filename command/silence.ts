/** A hint for whoever waits for a guest that prints nothing. */

import { hex } from "../machine/esr.ts";
import type { VirtMachine } from "../machine/virt.ts";
import type { Options } from "./options.ts";
import { say } from "./say.ts";

/** How long a guest may say nothing, in milliseconds. */
const PATIENCE = 10_000;

/** How a Linux kernel comes to print, on each kind of console. */
const HOW = {
  serial: '--append "console=ttyAMA0", and from its first moment on with "earlycon" as well',
  virtio:
    '--append "console=hvc0" once it has the driver, virtio_console, which may be a module; ' +
    'before that with "console=ttyAMA0 console=hvc0", and from its first moment on with "earlycon"',
};

/** Says once what to look at if the guest has printed nothing for ten seconds after its start. Dispose it when the guest has ended. */
export function hintAtSilence(
  machine: VirtMachine,
  console: Options["console"] = "serial",
  patience = PATIENCE,
): Disposable {
  const hint = () => {
    if (machine.console.bytesOut > 0 || machine.end !== undefined) return;
    const [before, after] = [machine.samplePc(), machine.samplePc()];
    const doing = before === after
      ? `its first vCPU stays at PC ${hex(after)}`
      : `its first vCPU runs, and is at PC ${hex(after)}`;
    say(`the guest has printed nothing yet; ${doing}. A Linux kernel prints with ${HOW[console]}`);
  };
  // Not setTimeout, whose first use takes Deno a while: that would be at the cost of the guest's start.
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const waiting = Atomics.waitAsync(bell, 0, 0, patience).value as Promise<string>;
  waiting.then((outcome) => outcome === "timed-out" && hint());
  return { [Symbol.dispose]: () => Atomics.notify(bell, 0) };
}
