/**
 * Starts QEMU for the box, notices its end, and ends it.
 *
 * @module
 */

import { join } from "@std/path";
import { ToolError } from "../../tools/run.ts";
import { portOptions } from "./ports.ts";

/** The CPU that comes with each version of the interrupt controller in machines that people have. */
const CPU = { 2: "cortex-a72", 3: "cortex-a76" };

/** What the machine is made of. */
export interface Hardware {
  /** For sockets and the kernel's console; QEMU gets it as its working folder. */
  folder: string;
  kernel: string;
  initramfs: string;
  smp: number;
  memoryMiB: number;
  gic: keyof typeof CPU;
  /** More options. */
  extra: string[];
}

/** A running QEMU. */
export class Qemu {
  #process: Deno.ChildProcess;
  #console: string;
  /** Never resolves; rejects with the reason when QEMU ends. */
  readonly failure: Promise<never>;

  constructor(hardware: Hardware) {
    this.#console = join(hardware.folder, "console.log");
    this.#process = new Deno.Command("qemu-system-aarch64", {
      args: qemuOptions(hardware, this.#console),
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      // In a session of its own, Ctrl-C at the terminal reaches it only through us.
      detached: true,
    }).spawn();
    this.failure = this.#watch();
    // It may happen when nobody is waiting for it.
    this.failure.catch(() => {});
  }

  async #watch(): Promise<never> {
    const words = (await new Response(this.#process.stderr).text()).trim();
    await this.#process.status;
    throw this.error("the box went down before the command had ended" + (words && `\n${words}`));
  }

  /** An error that shows the end of the kernel's console. */
  error(what: string): ToolError {
    let lines: string[] = [];
    try {
      lines = Deno.readTextFileSync(this.#console).split("\n").filter((line) => line.trim() !== "")
        .slice(-20);
    } catch { /* QEMU did not get as far as that. */ }
    return new ToolError([what, ...lines.map((line) => `  | ${line.trimEnd()}`)].join("\n"));
  }

  /** Ends it, and waits until it is gone. */
  async stop(): Promise<void> {
    try {
      this.#process.kill("SIGTERM");
    } catch { /* Gone already. */ }
    await this.#process.status;
  }
}

function qemuOptions(hardware: Hardware, console: string): string[] {
  return [
    // EL2 is what gives the box its /dev/kvm.
    ...["-M", `virt,virtualization=on,gic-version=${hardware.gic}`, "-cpu", CPU[hardware.gic]],
    ...["-smp", String(hardware.smp), "-m", String(hardware.memoryMiB)],
    ...["-kernel", hardware.kernel, "-initrd", hardware.initramfs],
    // A panic ends QEMU instead of hanging.
    ...["-append", "console=ttyAMA0 quiet panic=-1", "-no-reboot"],
    ...["-display", "none", "-monitor", "none", "-nic", "none"],
    ...["-serial", `file:${console}`],
    ...portOptions(hardware.folder),
    ...hardware.extra,
  ];
}
