/** A hint for whoever waits for a guest that prints nothing. */

import { hex } from "../machine/esr.ts";
import type { VirtMachine } from "../machine/virt.ts";
import { say } from "./say.ts";

/** How long a guest may say nothing, in milliseconds. */
const PATIENCE = 10_000;

/** Says once what to look at if the guest has printed nothing for ten seconds after its start. Dispose it when the guest has ended. */
export function hintAtSilence(machine: VirtMachine, patience = PATIENCE): Disposable {
  const hint = () => {
    if (machine.console.bytesOut > 0 || machine.end !== undefined) return;
    const [before, after] = [machine.samplePc(), machine.samplePc()];
    const doing = before === after
      ? `its first vCPU stays at PC ${hex(after)}`
      : `its first vCPU runs, and is at PC ${hex(after)}`;
    say(
      `the guest has printed nothing yet; ${doing}. A Linux kernel prints with ` +
        '--append "console=ttyAMA0", and from its first moment on with "earlycon" as well',
    );
  };
  // Not setTimeout, whose first use takes Deno a while: that would be at the cost of the guest's start.
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const waiting = Atomics.waitAsync(bell, 0, 0, patience).value as Promise<string>;
  waiting.then((outcome) => outcome === "timed-out" && hint());
  return { [Symbol.dispose]: () => Atomics.notify(bell, 0) };
}
